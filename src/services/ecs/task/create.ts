import type { ContainerDefinition, ContainerOverride, NetworkConfiguration, PropagateTags } from "@aws-sdk/client-ecs"
import type { Tag } from "../../../aws/tags.ts"
import { assert } from "../../../base/assert.ts"
import { newHex, newUuid } from "../../../world/ids.ts"
import type { Writer } from "../event/write.ts"
import { hasInterface, withInterface } from "../lifecycle/network.ts"
import { putTask } from "../lifecycle/write.ts"
import type { Spot } from "../placement/plan.ts"
import type { Cluster } from "../tables/cluster.ts"
import {
  type PlacementWish,
  type Task,
  type TaskAttachment,
  type TaskContainer,
  type TaskOverrides,
  tasks,
} from "../tables/task.ts"
import type { TaskDefinition } from "../tables/task-definition.ts"
import { putTags } from "../tag.ts"
import { demandOf } from "../task-definition/demand.ts"
import { withGpus } from "./gpu.ts"
import { taskTags } from "./tags.ts"

export interface TaskProperties {
  readonly cluster: Pick<Cluster, "arn" | "name">
  readonly definition: TaskDefinition
  readonly launchType: Task["launchType"]

  /** `family:` and the family, unless it is said otherwise. */
  readonly group?: string | undefined
  readonly startedBy?: string | undefined
  readonly capacityProvider?: string | undefined

  /** Resolved, as in `1.4.0`. */
  readonly platformVersion?: string | undefined
  readonly overrides?: TaskOverrides | undefined
  readonly network?: NetworkConfiguration | undefined
  readonly ephemeralStorageGiB?: number | undefined
  readonly serviceArn?: string | undefined
  readonly revisionArn?: string | undefined
  readonly taskSetArn?: string | undefined

  /** What to go by when the task has to wait for its place. */
  readonly placement?: PlacementWish | undefined

  /** What its maker puts on the task; a propagated tag of the same key gives way. */
  readonly tags?: readonly Tag[] | undefined
  readonly propagateTags?: PropagateTags | undefined
  readonly enableManagedTags?: boolean | undefined
}

/**
 * A task as it begins. Its tags are written, its record is not: it is placed (`placeTask`), or queued (`queueTask`), in
 * the same transaction.
 */
export function newTask({ tx, now, random }: Writer, properties: TaskProperties): Task {
  const { cluster, definition, launchType, overrides = { containerOverrides: [] }, network } = properties
  const id = newHex(random, 32)
  const prefix = cluster.arn.slice(0, cluster.arn.lastIndexOf(":"))
  const arn = `${prefix}:task/${cluster.name}/${id}`
  putTags(tx, arn, taskTags(tx, properties))
  return {
    arn,
    clusterArn: cluster.arn,
    definitionArn: definition.arn,
    family: definition.family,
    group: properties.group ?? `family:${definition.family}`,
    startedBy: properties.startedBy,
    launchType,
    capacityProvider: properties.capacityProvider,
    platformVersion: properties.platformVersion,
    instanceArn: undefined,
    zone: undefined,
    demand: demandOf(definition, overrides),
    lastStatus: "PROVISIONING",
    desiredStatus: "RUNNING",
    health: "UNKNOWN",
    containers: (definition.definition.containerDefinitions ?? []).map((container) =>
      newContainer(
        `${prefix}:container/${cluster.name}/${id}/${newUuid(random)}`,
        container,
        overrides.containerOverrides.find(({ name }) => name === container.name),
      ),
    ),
    overrides,
    attachments: newAttachments(random, network),
    network,
    volumes: [],
    ephemeralStorageGiB: launchType === "FARGATE" ? storageOf(properties) : undefined,
    enableExecuteCommand: false,
    ...(properties.serviceArn !== undefined && { serviceArn: properties.serviceArn }),
    ...(properties.revisionArn !== undefined && { revisionArn: properties.revisionArn }),
    ...(properties.taskSetArn !== undefined && { taskSetArn: properties.taskSetArn }),
    ...(properties.placement !== undefined && { placement: properties.placement }),
    version: 0,
    createdAt: now,
  }
}

/**
 * Puts a new task, or one that has waited, on an instance, with an interface if it is to have one. Until its agent has
 * found that, it is not told of the task.
 */
export function placeTask(writer: Writer, task: Task, { instanceArn, zone, gpuIds, subnetId }: Spot): Task {
  const { placement: _, ...settled } = withGpus(writer.tx, task, gpuIds)
  const before = writer.tx.get(tasks, task.arn)
  if (!hasInterface(task)) return putTask(writer, before, { ...settled, instanceArn, zone, lastStatus: "PENDING" })
  assert(subnetId !== undefined, `${task.arn} is placed in no subnet`)
  const attached = withInterface(writer, settled, instanceArn, subnetId)
  return putTask(writer, before, { ...attached, instanceArn, zone, lastStatus: "PROVISIONING" })
}

/** Lets a new task wait for an instance; the life cycle's controller places it, or gives up on it. */
export function queueTask(writer: Writer, task: Task): Task {
  return putTask(writer, undefined, task)
}

function newContainer(
  arn: string,
  container: ContainerDefinition,
  override: ContainerOverride | undefined,
): TaskContainer {
  const memory = override?.memory ?? container.memory
  const memoryReservation = override?.memoryReservation ?? container.memoryReservation
  return {
    arn,
    name: container.name!,
    image: container.image!,
    essential: container.essential ?? true,
    lastStatus: "PENDING",
    health: "UNKNOWN",
    cpu: override?.cpu ?? container.cpu ?? 0,
    ...(memory !== undefined && { memory }),
    ...(memoryReservation !== undefined && { memoryReservation }),
  }
}

/** A task in awsvpc mode has an attachment from the start; which of the subnets it is in is settled by its place. */
function newAttachments(random: Writer["random"], network: NetworkConfiguration | undefined): TaskAttachment[] {
  const subnets = network?.awsvpcConfiguration?.subnets ?? []
  if (subnets.length === 0) return []
  return [
    {
      id: newUuid(random),
      type: "ElasticNetworkInterface",
      status: "PRECREATED",
      details: [{ name: "subnetId", value: subnets[random.below(subnets.length)]! }],
    },
  ]
}

function storageOf({ overrides, definition, ephemeralStorageGiB }: TaskProperties): number {
  return (
    ephemeralStorageGiB ??
    overrides?.ephemeralStorageGiB ??
    definition.definition.ephemeralStorage?.sizeInGiB ??
    EPHEMERAL_GIB_DEFAULT
  )
}

const EPHEMERAL_GIB_DEFAULT = 20
