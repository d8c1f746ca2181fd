import type { PortMapping } from "@aws-sdk/client-ecs"
import type { FilledContainer, FilledDefinition } from "../fill.ts"
import { refusal } from "../refusal.ts"

export function checkNetwork({
  containerDefinitions: containers,
  networkMode: mode = "bridge",
}: FilledDefinition): void {
  const names = containers.map(({ name }) => name)
  for (const container of containers) {
    checkHost(container, mode)
    for (const link of container.links ?? []) {
      const linked = link.split(":")[0]!
      if (!names.includes(linked)) throw refusal(`Invalid 'links' setting. Unknown container: '${linked}'.`)
    }
    for (const mapping of container.portMappings) checkMapping(container, mapping, mode)
    checkRanges(container)
  }
  checkTaken(
    containers.flatMap(({ portMappings }) => portMappings),
    mode,
  )
}

/** What a container cannot have, as its task's network has it already. */
function checkHost(container: FilledContainer, mode: string): void {
  if (mode !== "bridge" && container.links?.length) {
    throw refusal(`Links are not supported when networkMode=${mode}`)
  }
  if (mode === "none" && container.portMappings.length > 0) {
    throw refusal("Port mappings are not supported when networkMode=none")
  }
  if (mode !== "awsvpc") return

  const on = "on container when networkMode=awsvpc"
  if (container.hostname) throw refusal(`hostname is not supported ${on}`)
  if (container.extraHosts?.length) throw refusal(`Extra hosts are not supported ${on}`)
  if (container.dnsServers?.length) throw refusal(`DNS servers are not supported ${on}.`)
  if (container.dnsSearchDomains?.length) throw refusal(`DNS search domains are not supported ${on}.`)
  if (container.disableNetworking) throw refusal(`Disable Networking is not supported ${on}.`)
}

function checkMapping({ name }: FilledContainer, mapping: PortMapping, mode: string): void {
  const { containerPort, hostPort, containerPortRange: range } = mapping
  if (range !== undefined) {
    if (containerPort !== undefined || hostPort) {
      throw refusal(`Invalid port mapping for container '${name}', cannot specify both single port and port range.`)
    }
    const ports = portsOf(range)
    if (ports === undefined || mode === "host") {
      throw refusal(`Invalid 'containerPortRange' setting for container '${name}'.`)
    }
  } else {
    if (!isPort(containerPort)) throw refusal(`Invalid 'containerPort' setting for container '${name}'.`)
    if (hostPort !== 0 && !isPort(hostPort)) throw refusal(`Invalid 'hostPort' setting for container '${name}'.`)
    if (mode !== "bridge" && hostPort !== containerPort) {
      throw refusal(`When networkMode=${mode}, the host ports and container ports in port mappings must match.`)
    }
  }
  if (mapping.name !== undefined && !MAPPING_NAME.test(mapping.name)) {
    throw refusal(`Invalid 'name' setting in the port mappings of container '${name}'.`)
  }
}

/** A port belongs to one mapping of its container only, and so do those of a range. */
function checkRanges({ name, portMappings }: FilledContainer): void {
  const ranges = portMappings.flatMap(({ containerPortRange: range }) => portsOf(range ?? "") ?? [])
  if (ranges.length > RANGES_MAX) throw refusal(`Invalid 'containerPortRange' setting for container '${name}'.`)
  const ports = portMappings.flatMap(({ containerPort: port }) =>
    port === undefined ? [] : { first: port, last: port },
  )
  const isTwice = ranges.some((range, index) =>
    [...ranges.slice(index + 1), ...ports].some(({ first, last }) => first <= range.last && range.first <= last),
  )
  if (isTwice) throw refusal(`Invalid 'containerPortRange' setting for container '${name}'.`)
}

/** What the containers of one task cannot both have, since they share an address or a machine. */
function checkTaken(mappings: readonly PortMapping[], mode: string): void {
  const names = new Set<string>()
  const ports = new Set<string>()
  for (const { name, protocol, hostPort } of mappings) {
    if (name !== undefined && names.has(name)) {
      throw refusal(`When networkMode=${mode}, port mapping name is already used`)
    }
    if (name !== undefined) names.add(name)
    if (!hostPort) continue

    const port = `${hostPort}/${protocol}`
    if (ports.has(port)) {
      const whose = mode === "bridge" ? "host" : "container"
      throw refusal(
        `${protocol!.toUpperCase()} ${whose} port '${hostPort}' is used multiple times in task when networkMode=${mode}.`,
      )
    }
    ports.add(port)
  }
}

/** Undefined for what is no range of ports: the first comes before the last. */
function portsOf(range: string): { readonly first: number; readonly last: number } | undefined {
  const [, first, last] = (RANGE.exec(range) ?? []).map(Number)
  if (!isPort(first) || !isPort(last) || first! >= last!) return undefined
  return { first: first!, last: last! }
}

function isPort(port: number | undefined): boolean {
  return port !== undefined && port >= 1 && port <= 65_535
}

const RANGE = /^(\d{1,5})-(\d{1,5})$/
const RANGES_MAX = 100
const MAPPING_NAME = /^[a-z0-9_][a-z0-9_-]{0,63}$/
