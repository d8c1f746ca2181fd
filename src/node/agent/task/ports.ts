import type { PublishedPort } from "../../engine/engine.ts"
import type { Binding, TaskRecord } from "../records.ts"
import type { IsPortFree } from "./surroundings.ts"

/** Ports of the machine by who holds them. */
export interface PortUse {
  readonly taken: Readonly<Record<"tcp" | "udp", Map<number, string>>>
  readonly range: { readonly first: number; readonly last: number }
  readonly isFree: IsPortFree

  /** Where the search goes on: a port that was just given back is not the next to be given out. */
  next: number
}

/**
 * The bindings of each container of a task, with every port chosen; undefined while one that was asked for is taken.
 * Nothing is held yet.
 */
export function bindingsOf(task: TaskRecord, use: PortUse): ReadonlyMap<string, readonly Binding[]> | undefined {
  const { networkMode = "bridge", containers } = task.payload
  const isShared = networkMode === "host"
  const chosen = new Map<string, readonly Binding[]>()
  // An interface or a loopback of its own takes no port from anyone.
  if (networkMode !== "bridge" && !isShared) return chosen

  const asked = new Set<string>()
  const isFixed = (port: number, protocol: string) => asked.has(`${port}/${protocol}`)
  for (const { containerPort = 0, hostPort = 0, protocol, containerPortRange } of containers.flatMap(mappingsOf)) {
    const fixed = isShared
      ? rangeOf(containerPortRange, containerPort)
      : hostPort === 0
        ? undefined
        : [hostPort, hostPort]
    for (let port = fixed?.[0] ?? 1; port <= (fixed?.[1] ?? 0); port++) asked.add(`${port}/${protocol}`)
  }
  for (const port of asked) {
    const [number, protocol] = port.split("/") as [string, "tcp" | "udp"]
    if (use.taken[protocol].has(Number(number))) return undefined
  }

  for (const container of containers) {
    const bindings: Binding[] = []
    for (const { containerPort = 0, hostPort = 0, protocol, containerPortRange } of mappingsOf(container)) {
      const [first, last] = rangeOf(containerPortRange, containerPort)
      let host = isShared ? first : hostPort
      if (host === 0) {
        const found = findBlock(last - first + 1, protocol, use, isFixed)
        if (found === undefined) return undefined
        host = found
        for (let port = host; port <= host + last - first; port++) asked.add(`${port}/${protocol}`)
      }
      const range = containerPortRange && { containerPortRange, hostPortRange: `${host}-${host + last - first}` }
      bindings.push({ containerPort: first, hostPort: host, protocol, ...range })
    }
    chosen.set(container.name, bindings)
  }
  return chosen
}

function mappingsOf({ portMappings = [] }: TaskRecord["payload"]["containers"][number]) {
  return portMappings
}

/** As many ports in a row as a range has, none of them taken. */
function findBlock(
  length: number,
  protocol: "tcp" | "udp",
  use: PortUse,
  isChosen: (port: number, protocol: string) => boolean,
): number | undefined {
  const { first, last } = use.range
  const isFree = (port: number) =>
    !use.taken[protocol].has(port) && !isChosen(port, protocol) && use.isFree(port, protocol)
  let inRow = 0
  let port = use.next
  // A row does not go around the end, so that a little more than one round sees them all.
  for (let seen = 0; seen < last - first + length; seen++, port++) {
    if (port > last) {
      port = first
      inRow = 0
    }
    inRow = isFree(port) ? inRow + 1 : 0
    if (inRow < length) continue
    use.next = port === last ? first : port + 1
    return port - length + 1
  }
  return undefined
}

/** Each port of a binding, as an engine publishes them. */
export function portsOf(binding: Binding): readonly PublishedPort[] {
  const { containerPort, hostPort, protocol, containerPortRange } = binding
  const [first, last] = rangeOf(containerPortRange, containerPort)
  return Array.from({ length: last - first + 1 }, (_, index) => ({
    containerPort: first + index,
    hostPort: hostPort + index,
    protocol,
  }))
}

function rangeOf(range: string | undefined, single: number): readonly [number, number] {
  if (range === undefined) return [single, single]
  const [first = 0, last = first] = range.split("-").map(Number)
  return [first, last]
}
