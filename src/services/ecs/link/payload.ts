import { accountOf } from "../../../store/changes.ts"
import type { Tx } from "../../../store/transaction.ts"
import type { Credentials, TaskPayload, Volume } from "../../../wire/task.ts"
import type { Task } from "../tables/task.ts"
import type { TaskDefinition } from "../tables/task-definition.ts"
import { containerPayload } from "./container-payload.ts"
import { interfacePayload } from "./interface-payload.ts"

/** What a task's containers and its agent may do, as far as somebody has issued it. */
export interface TaskCredentials {
  readonly task?: Credentials
  readonly execution?: Credentials
}

/** All that an agent needs to run a task: its definition with what this task has of its own. */
export function taskPayload(
  tx: Tx,
  task: Task,
  found: TaskDefinition,
  desiredStatus: TaskPayload["desiredStatus"],
  credentials: TaskCredentials,
): TaskPayload {
  const { definition, family, revision } = found
  const { overrides } = task
  const cpu = overrides.cpu ?? definition.cpu
  const memory = overrides.memory ?? definition.memory
  const interfaces = task.attachments.flatMap((attachment) => interfacePayload(task, attachment) ?? [])
  const gpus = task.containers.flatMap(({ name, gpuIds = [] }) => gpuIds.map((id) => ({ name, id })))
  return {
    arn: task.arn,
    taskClusterArn: task.clusterArn,
    desiredStatus,
    family,
    version: String(revision),
    taskDefinitionAccountId: accountOf(tx.scope),
    containers: task.containers.map((container) => containerPayload(task, found, container, credentials)),
    volumes: (definition.volumes ?? []).map(volumePayload),
    cpu: cpu === undefined ? undefined : Number(cpu) / UNITS_PER_CPU,
    memory: memory === undefined ? undefined : Number(memory),
    networkMode: definition.networkMode ?? "bridge",
    pidMode: definition.pidMode,
    ipcMode: definition.ipcMode,
    roleCredentials: credentials.task,
    executionRoleCredentials: credentials.execution,
    ...(interfaces.length > 0 && { elasticNetworkInterfaces: interfaces }),
    ...(gpus.length > 0 && {
      associations: gpus.map(({ name, id }) => ({
        name: id,
        type: "gpu" as const,
        content: { encoding: "identity", value: "" },
        containers: [name],
      })),
    }),
    ...(definition.proxyConfiguration !== undefined && {
      proxyConfiguration: proxyPayload(definition.proxyConfiguration),
    }),
    launchType: task.launchType === "MANAGED_INSTANCES" ? "EC2" : task.launchType,
    serviceName: task.serviceArn?.slice(task.serviceArn.lastIndexOf("/") + 1),
    group: task.group,
    ...(definition.enableFaultInjection === true && { enableFaultInjection: true }),
  }
}

type Definition = TaskDefinition["definition"]

function volumePayload(volume: NonNullable<Definition["volumes"]>[number]): Volume {
  const { name, host, dockerVolumeConfiguration: docker, efsVolumeConfiguration: efs } = volume
  const { fsxWindowsFileServerVolumeConfiguration: fsx } = volume
  if (docker !== undefined) return { name: name!, type: "docker", dockerVolumeConfiguration: docker }
  if (efs !== undefined) {
    return { name: name!, type: "efs", efsVolumeConfiguration: { ...efs, fileSystemId: efs.fileSystemId! } }
  }
  if (fsx !== undefined) {
    return { name: name!, type: "fsxWindowsFileServer", fsxWindowsFileServerVolumeConfiguration: fsx as never }
  }
  // Without a path of the machine the volume is the task's own; the agent wants the object all the same.
  return { name: name!, type: "host", host: host?.sourcePath ? { sourcePath: host.sourcePath } : {} }
}

function proxyPayload({
  type = "APPMESH",
  containerName,
  properties = [],
}: NonNullable<Definition["proxyConfiguration"]>) {
  const entries = properties.map(({ name = "", value = "" }) => [name, value] as const)
  return { type, containerName: containerName!, properties: Object.fromEntries(entries) }
}

const UNITS_PER_CPU = 1024
