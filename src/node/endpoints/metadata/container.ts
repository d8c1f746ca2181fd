import type { Container, TaskPayload } from "../../../wire/task.ts"
import type { ContainerRecord, HealthRecord, TaskRecord } from "../../agent/records.ts"
import { readDockerConfig } from "../../agent/task/docker-config.ts"
import type { Tenant } from "../tenant.ts"
import { networksOf } from "./networks.ts"
import { portsOf } from "./ports.ts"

export type MetadataVersion = 2 | 3 | 4

/** A container as its metadata endpoints describe it; the fourth version added to what the others have. */
export function describeContainer(tenant: Tenant, container: ContainerRecord, version: MetadataVersion) {
  const { task } = tenant
  const { payload } = task
  const asked = askedFor(task, container)
  const { labels, host } = readDockerConfig(asked.dockerConfig)
  const ports = portsOf(container.bindings, payload.networkMode === "awsvpc")
  const volumes = volumesOf(payload, asked)
  return {
    DockerId: container.id,
    Name: container.name,
    DockerName: container.runtimeName,
    Image: asked.image,
    ImageID: container.imageId ?? "",
    ...(ports.length > 0 && { Ports: ports }),
    Labels: { ...labels, ...labelsOf(tenant, container) },
    DesiredStatus: task.desiredStatus,
    KnownStatus: container.knownStatus,
    ...(container.exitCode !== undefined && { ExitCode: container.exitCode }),
    // The kernel knows no share below two.
    Limits: { CPU: Math.max(2, asked.cpu), Memory: asked.memory },
    ...(container.createdAt !== undefined && { CreatedAt: timeOf(container.createdAt) }),
    ...(container.startedAt !== undefined && { StartedAt: timeOf(container.startedAt) }),
    ...(container.finishedAt !== undefined && { FinishedAt: timeOf(container.finishedAt) }),
    Type: "NORMAL",
    ...(asked.healthCheckType === "docker" && { Health: describeHealth(container.health) }),
    ...(volumes.length > 0 && { Volumes: volumes }),
    ...(version === 4 && {
      ...(host.logDriver !== undefined && { LogDriver: host.logDriver, LogOptions: host.logOptions }),
      ...(asked.containerArn && { ContainerARN: asked.containerArn }),
    }),
    Networks: networksOf(payload, container, { full: version === 4 }),
    ...(version === 4 && asked.restartPolicy?.enabled && { RestartCount: container.restartCount }),
  }
}

/** The container in the payload that a record was made from. */
export function askedFor({ payload }: TaskRecord, { name }: ContainerRecord): Container {
  return payload.containers.find((container) => container.name === name)!
}

function labelsOf({ agent, task: { arn, payload } }: Tenant, { name }: ContainerRecord) {
  return {
    "com.amazonaws.ecs.cluster": payload.taskClusterArn ?? agent.cluster,
    "com.amazonaws.ecs.container-name": name,
    "com.amazonaws.ecs.task-arn": arn,
    "com.amazonaws.ecs.task-definition-family": payload.family,
    "com.amazonaws.ecs.task-definition-version": payload.version,
  }
}

function describeHealth(health: HealthRecord | undefined) {
  if (health === undefined) return { status: "UNKNOWN" }
  return {
    status: health.status,
    statusSince: timeOf(health.since),
    ...(health.exitCode !== undefined && { exitCode: health.exitCode }),
    ...(health.output !== undefined && { output: health.output }),
  }
}

/** Where a volume of the machine lies is told; the others are known by their names. */
export function volumesOf({ volumes = [] }: TaskPayload, { mountPoints = [] }: Container) {
  return mountPoints.map(({ sourceVolume, containerPath }) => {
    const path = volumes.find(({ name }) => name === sourceVolume)?.host?.sourcePath
    return { ...(path ? { Source: path } : { DockerName: sourceVolume }), Destination: containerPath }
  })
}

export function timeOf(ms: number): string {
  return new Date(ms).toISOString()
}
