import type * as sdk from "@aws-sdk/client-ecs"
import type { Tx } from "../../../store/transaction.ts"
import { containerInstances } from "../tables/container-instance.ts"
import type { Task, TaskContainer } from "../tables/task.ts"
import { definitionByArn } from "../task-definition/find.ts"

/** A task as every operation shows it. Its tags are shown by those that were asked for them. */
export function describeTask(tx: Tx, task: Task): sdk.Task {
  return {
    ...outlineOf(tx, task),
    healthStatus: task.health,
    tags: [],
    ...(task.connectivity !== undefined && { connectivity: connectivityOf(tx, task) }),
    ...timesOf(task, (time) => new Date(time)),
  }
}

/** What operations and events have in common. */
export function outlineOf(tx: Tx, task: Task): Omit<sdk.Task, (typeof TIMES)[number]> {
  return {
    taskArn: task.arn,
    clusterArn: task.clusterArn,
    taskDefinitionArn: task.definitionArn,
    group: task.group,
    launchType: task.launchType,
    lastStatus: task.lastStatus,
    desiredStatus: task.desiredStatus,
    version: task.version,
    cpu: String(task.demand.cpu),
    memory: String(task.demand.memory),
    enableExecuteCommand: task.enableExecuteCommand,
    containers: task.containers.map((container) => describeContainer(task, container)),
    overrides: describeOverrides(task),
    attachments: task.attachments.map(({ id, type, status, details }) => ({ id, type, status, details: [...details] })),
    attributes: [],
    ...(task.startedBy !== undefined && { startedBy: task.startedBy }),
    ...(task.capacityProvider !== undefined && { capacityProviderName: task.capacityProvider }),
    ...(task.zone !== undefined && { availabilityZone: task.zone }),
    ...(task.launchType === "FARGATE" ? describeFargate(tx, task) : describeInstance(task)),
    ...(task.stopCode !== undefined && { stopCode: task.stopCode }),
    ...(task.stoppedReason !== undefined && { stoppedReason: task.stoppedReason }),
  }
}

function describeContainer(task: Task, container: TaskContainer): sdk.Container {
  const { arn, name, image, lastStatus, health, cpu, memory, memoryReservation } = container
  return {
    containerArn: arn,
    taskArn: task.arn,
    name,
    image,
    lastStatus,
    healthStatus: health,
    cpu: String(cpu),
    networkInterfaces: describeInterfaces(task),
    ...(memory !== undefined && { memory: String(memory) }),
    ...(memoryReservation !== undefined && { memoryReservation: String(memoryReservation) }),
    ...(lastStatus !== "PENDING" && { networkBindings: [...(container.networkBindings ?? [])] }),
    ...(container.imageDigest !== undefined && { imageDigest: container.imageDigest }),
    ...(container.runtimeId !== undefined && { runtimeId: container.runtimeId }),
    ...(container.exitCode !== undefined && { exitCode: container.exitCode }),
    ...(container.reason !== undefined && { reason: container.reason }),
    ...(container.gpuIds !== undefined && { gpuIds: [...container.gpuIds] }),
  }
}

/** The addresses that the containers of a task share; none until its interface has one. */
function describeInterfaces({ attachments }: Task): sdk.NetworkInterface[] {
  return attachments.flatMap(({ id, type, details }) => {
    const detail = (wanted: string) => details.find(({ name }) => name === wanted)?.value
    const address = detail("privateIPv4Address")
    const ipv6Address = detail("ipv6Address")
    if (type !== "ElasticNetworkInterface" || address === undefined) return []
    return { attachmentId: id, privateIpv4Address: address, ...(ipv6Address !== undefined && { ipv6Address }) }
  })
}

/** Every container is listed, whether or not anything of it is overridden. */
function describeOverrides({ containers, overrides }: Task): sdk.TaskOverride {
  const { containerOverrides, ephemeralStorageGiB, ...rest } = overrides
  return {
    ...rest,
    ...(ephemeralStorageGiB !== undefined && { ephemeralStorage: { sizeInGiB: ephemeralStorageGiB } }),
    containerOverrides: containers.map(
      ({ name }) => containerOverrides.find((override) => override.name === name) ?? { name },
    ),
    inferenceAcceleratorOverrides: [],
  }
}

function describeInstance({ instanceArn }: Task): sdk.Task {
  return instanceArn === undefined ? {} : { containerInstanceArn: instanceArn }
}

/** Whose machine it is that a FARGATE task runs on is nobody's business. */
function describeFargate(tx: Tx, task: Task): sdk.Task {
  const storage = { sizeInGiB: task.ephemeralStorageGiB! }
  return {
    platformFamily: "Linux",
    platformVersion: task.platformVersion,
    ephemeralStorage: storage,
    fargateEphemeralStorage: storage,
    attributes: [{ name: "ecs.cpu-architecture", value: architectureOf(tx, task) }],
  }
}

function architectureOf(tx: Tx, { definitionArn }: Task): string {
  const architecture = definitionByArn(tx, definitionArn)?.definition.runtimePlatform?.cpuArchitecture
  return architecture === "ARM64" ? "arm64" : "x86_64"
}

/** As long as a task lives, its agent is connected or not; afterwards what it was last stays. */
function connectivityOf(tx: Tx, task: Task): sdk.Connectivity {
  if (task.lastStatus === "STOPPED" || task.launchType === "FARGATE") return task.connectivity!
  const instance = tx.get(containerInstances, task.instanceArn!)
  return instance === undefined || instance.agentConnected ? task.connectivity! : "DISCONNECTED"
}

const TIMES = [
  "createdAt",
  "connectivityAt",
  "pullStartedAt",
  "pullStoppedAt",
  "startedAt",
  "stoppingAt",
  "executionStoppedAt",
  "stoppedAt",
] as const

/** The times that are known, each in the form that is wanted. */
export function timesOf<T>(task: Task, form: (time: number) => T): Partial<Record<(typeof TIMES)[number], T>> {
  const times: Partial<Record<(typeof TIMES)[number], T>> = {}
  for (const name of TIMES) {
    const time = task[name]
    if (time !== undefined) times[name] = form(time)
  }
  return times
}
