import type { ContainerSpec, Mount } from "../../engine/engine.ts"
import type { Image } from "../../engine/image.ts"
import type { ContainerRecord, TaskRecord } from "../records.ts"
import { readDockerConfig } from "./docker-config.ts"
import { type EnvironmentSources, environmentOf } from "./environment.ts"
import { readOverrides } from "./new-task.ts"
import { Failure } from "./reasons.ts"

export interface SpecSources extends Omit<EnvironmentSources, "gpus"> {
  readonly instance: string
  readonly image: Image
  readonly mounts: readonly Mount[]
  readonly logBytesMax: number
  readonly pidsMax?: number | undefined
}

/** Everything the engine needs to know of a container. What Docker's own objects say wins, as they are the last word. */
export function containerSpec(task: TaskRecord, container: ContainerRecord, sources: SpecSources): ContainerSpec {
  const { payload } = task
  const definition = payload.containers.find(({ name }) => name === container.name)!
  const docker = readDockerConfig(definition.dockerConfig)
  const { host } = docker
  const gpus = gpusOf(task, container.name)
  const entryPoint = docker.entryPoint ?? some(definition.entryPoint)
  const command = docker.command ?? readOverrides(definition).command ?? some(definition.command)
  const [network] = payload.elasticNetworkInterfaces ?? []
  const hostname = docker.hostname ?? network?.privateDnsName
  return {
    id: container.id,
    instance: sources.instance,
    taskId: task.id,
    networkId: container.networkId,
    name: container.runtimeName,
    imageId: sources.image.id,
    ...(entryPoint && { entryPoint }),
    ...(command && { command }),
    environment: environmentOf(task, container, docker, { ...sources, gpus }),
    ...(docker.workingDirectory !== undefined && { workingDirectory: docker.workingDirectory }),
    ...(docker.user !== undefined && { user: docker.user }),
    ...(hostname !== undefined && { hostname }),
    labels: { ...docker.labels, ...labelsOf(task, container) },
    terminal: docker.terminal,
    openStdin: docker.openStdin,
    init: host.init,
    mounts: sources.mounts,
    readonlyRoot: host.readonlyRoot,
    privileged: host.privileged,
    capabilitiesAdded: host.capabilitiesAdded,
    capabilitiesDropped: host.capabilitiesDropped,
    securityOptions: host.securityOptions,
    devices: host.devices,
    gpus,
    ulimits: host.ulimits,
    sysctls: host.sysctls,
    ...(host.sharedMemory !== undefined && { sharedMemory: host.sharedMemory }),
    pid: pidMode(host.pidMode ?? payload.pidMode),
    ipc: ipcMode(host.ipcMode ?? payload.ipcMode),
    extraHosts: [...linkedHosts(task, container), ...host.extraHosts],
    dns: host.dns.length > 0 ? host.dns : (network?.domainNameServers ?? []),
    dnsSearch: host.dnsSearch.length > 0 ? host.dnsSearch : (network?.domainName ?? []),
    limits: limitsOf(definition, host, sources.pidsMax),
    logBytesMax: sources.logBytesMax,
  }
}

function limitsOf(
  { cpu, memory }: TaskRecord["payload"]["containers"][number],
  host: ReturnType<typeof readDockerConfig>["host"],
  pidsMax: number | undefined,
): ContainerSpec["limits"] {
  const limit = host.memory ?? (memory > 0 ? Math.max(memory, MEMORY_MIN) * MIB : undefined)
  return {
    cpuShares: Math.min(Math.max(host.cpuShares ?? cpu, SHARES_MIN), SHARES_MAX),
    ...(limit !== undefined && { memory: limit }),
    ...(host.memoryReservation !== undefined && { memoryReservation: host.memoryReservation }),
    ...(host.memorySwap !== undefined && { memorySwap: host.memorySwap }),
    ...(host.memorySwappiness !== undefined && { memorySwappiness: host.memorySwappiness }),
    ...((host.pidsMax ?? pidsMax) !== undefined && { pidsMax: (host.pidsMax ?? pidsMax)! }),
  }
}

/** Those it is linked to, under the name that it calls them by and under their own. */
function linkedHosts(task: TaskRecord, { name }: ContainerRecord): readonly string[] {
  const { links = [] } = task.payload.containers.find((container) => container.name === name)!
  return links.flatMap((link) => {
    const [target = "", alias = target] = link.split(":")
    const other = task.containers.find((container) => container.name === target)
    const [address] = other?.addresses ?? []
    if (other === undefined || address === undefined) return []
    return [...new Set([alias, target, other.runtimeName])].map((host) => `${host}:${address}`)
  })
}

function labelsOf({ arn, payload }: TaskRecord, { name }: ContainerRecord): Readonly<Record<string, string>> {
  return {
    "com.amazonaws.ecs.cluster": payload.taskClusterArn ?? "",
    "com.amazonaws.ecs.container-name": name,
    "com.amazonaws.ecs.task-arn": arn,
    "com.amazonaws.ecs.task-definition-family": payload.family,
    "com.amazonaws.ecs.task-definition-version": payload.version,
  }
}

function gpusOf({ payload }: TaskRecord, container: string): readonly string[] {
  const associations = (payload.associations ?? []).filter(({ containers }) => containers.includes(container))
  return associations.map(({ type, name }) => {
    if (type === "gpu") return name
    throw new Failure("task", "ResourceInitializationError", `this node has no device of the type ${type}`)
  })
}

function pidMode(mode = ""): ContainerSpec["pid"] {
  if (mode === "" || mode === "private") return "private"
  if (mode === "host" || mode === "task") return mode
  throw new Failure("container", "CannotCreateContainerError", `there is no pid mode ${mode}`)
}

function ipcMode(mode = ""): ContainerSpec["ipc"] {
  if (mode === "" || mode === "private" || mode === "shareable") return "private"
  if (mode === "host" || mode === "task" || mode === "none") return mode
  throw new Failure("container", "CannotCreateContainerError", `there is no ipc mode ${mode}`)
}

function some<T>(values: readonly T[] | undefined): readonly T[] | undefined {
  return values?.length ? values : undefined
}

/** In MiB; with less no container comes up. */
const MEMORY_MIN = 4
const MIB = 2 ** 20
const SHARES_MIN = 2
const SHARES_MAX = 262_144
