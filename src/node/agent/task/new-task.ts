import type { Container, TaskPayload } from "../../../wire/task.ts"
import { newHex, newUuid } from "../../../world/ids.ts"
import type { Random } from "../../../world/world.ts"
import type { ContainerRecord, TaskRecord } from "../records.ts"
import { Unusable } from "../tasks.ts"
import { readDockerConfig } from "./docker-config.ts"

/**
 * The record of a task that has just come. Every id is chosen here, before anything is made, so that whatever a crash
 * leaves behind can be told to be ours. Throws `Unusable` for what no container could be made of.
 */
export function newTask(payload: TaskPayload, now: number, random: Random): TaskRecord {
  const { roleCredentials, executionRoleCredentials, ...kept } = payload
  const id = taskId(payload.arn)
  check(payload)
  const shared = newHex(random, 32)
  return {
    arn: payload.arn,
    id,
    payload: kept,
    ...(roleCredentials && { taskCredentialsId: roleCredentials.credentialsId }),
    ...(executionRoleCredentials && { executionCredentialsId: executionRoleCredentials.credentialsId }),
    receivedAt: now,
    desiredStatus: "RUNNING",
    knownStatus: "NONE",
    containers: payload.containers.map((container) => newContainer(payload, container, shared, random)),
    sent: { containers: {}, attachments: {} },
  }
}

/** One that was over before it came: only its end is left to be told. */
export function newStoppedTask(payload: TaskPayload, now: number): TaskRecord {
  const { roleCredentials: _, executionRoleCredentials: __, ...kept } = payload
  return {
    arn: payload.arn,
    id: taskId(payload.arn),
    payload: kept,
    receivedAt: now,
    desiredStatus: "STOPPED",
    knownStatus: "STOPPED",
    executionStoppedAt: now,
    stoppedAt: now,
    containers: [],
    sent: { containers: {}, attachments: {} },
  }
}

export function taskId(arn: string): string {
  const slash = arn.lastIndexOf("/")
  const id = arn.slice(slash + 1)
  // It stands in the paths of cgroups.
  if (!arn.startsWith("arn:") || slash < 0 || !/^[\w-]+$/.test(id)) throw new Unusable(`${arn} is no ARN of a task`)
  return id
}

function newContainer(payload: TaskPayload, container: Container, shared: string, random: Random): ContainerRecord {
  const { networkMode = "bridge", family, version } = payload
  // A bridged container has an address of its own, and one without a network a loopback of its own.
  const isOwn = networkMode === "bridge" || networkMode === "none"
  return {
    name: container.name,
    id: newHex(random, 64),
    endpointId: newUuid(random),
    runtimeName: `ecs-${family}-${version}-${container.name}-${newHex(random, 20)}`,
    networkId: isOwn ? newHex(random, 32) : shared,
    knownStatus: "NONE",
    bindings: [],
    addresses: [],
    restartCount: 0,
  }
}

function check(payload: TaskPayload): void {
  const names = new Set<string>()
  const volumes = new Set((payload.volumes ?? []).map(({ name }) => name))
  const [attachment] = payload.attachments ?? []
  if (attachment !== undefined)
    throw new Unusable(`this node has no attachments of the type ${attachment.attachmentType}`)
  if (payload.proxyConfiguration !== undefined) throw new Unusable("this node has no proxies for tasks")
  if (payload.containers.length === 0) throw new Unusable("the task has no containers")
  for (const container of payload.containers) {
    if (names.has(container.name)) throw new Unusable(`the task has two containers of the name ${container.name}`)
    names.add(container.name)
    readOverrides(container)
    if (container.credentialSpecs?.length) throw new Unusable(`container ${container.name} has credential specs`)
    const mounted = container.secrets?.find(({ type }) => type !== "ENVIRONMENT_VARIABLE")
    if (mounted !== undefined) throw new Unusable(`secret ${mounted.name} is of the type ${mounted.type}`)
    const { host } = readDockerConfig(container.dockerConfig)
    checkModes(payload, container.name, host.networkMode)
    if (payload.memory !== undefined && container.memory > payload.memory) {
      throw new Unusable(`container ${container.name} has a higher memory limit than its task`)
    }
    for (const { sourceVolume } of container.mountPoints ?? []) {
      if (!volumes.has(sourceVolume))
        throw new Unusable(`container ${container.name} mounts ${sourceVolume}, which is no volume`)
    }
  }
}

function checkModes({ networkMode = "bridge" }: TaskPayload, name: string, mode: string | undefined): void {
  if (mode === undefined || mode === "default" || mode === networkMode) return
  throw new Unusable(`container ${name} asks for the network mode ${mode} in a task of the mode ${networkMode}`)
}

/** The command is the one thing that a region may leave to the agent. */
export function readOverrides({ name, overrides }: Container): { readonly command?: readonly string[] } {
  if (overrides === undefined) return {}
  let value: unknown
  try {
    value = JSON.parse(overrides)
  } catch (error) {
    throw new Unusable(`the overrides of container ${name} are no JSON: ${(error as Error).message}`)
  }
  if (typeof value !== "object" || value === null)
    throw new Unusable(`the overrides of container ${name} are no object`)
  const { command, ...others } = value as Readonly<Record<string, unknown>>
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw new Unusable(`container ${name} overrides ${unknown}, which agents cannot do`)
  if (command === undefined || command === null) return {}
  if (Array.isArray(command) && command.every((word) => typeof word === "string")) return { command }
  throw new Unusable(`the command that container ${name} overrides is no list of texts`)
}
