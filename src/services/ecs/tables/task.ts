import type {
  ContainerOverride,
  LaunchType,
  NetworkBinding,
  NetworkConfiguration,
  PlacementConstraint,
  PlacementStrategy,
  TaskStopCode,
  TaskVolumeConfiguration,
} from "@aws-sdk/client-ecs"
import { joined } from "../../../base/joined.ts"
import { table } from "../../../store/table.ts"

// Times are milliseconds since 1970, in every table. What a caller wants and what was last seen are different fields.

/** In order; a task only ever moves down this list (`lifecycle/moves.ts` says who may move it). */
export type TaskStatus =
  | "PROVISIONING"
  | "PENDING"
  | "ACTIVATING"
  | "RUNNING"
  | "DEACTIVATING"
  | "STOPPING"
  | "DEPROVISIONING"
  | "STOPPED"

export interface Task {
  readonly arn: string
  readonly clusterArn: string
  readonly definitionArn: string
  readonly family: string
  readonly group: string
  readonly startedBy: string | undefined

  /** Undefined only while a capacity provider has yet to find an instance. */
  readonly launchType: LaunchType
  readonly capacityProvider: string | undefined
  readonly platformVersion: string | undefined

  /** The instance that the task is placed on; for FARGATE one of the pool, which its owner is not shown. */
  readonly instanceArn: string | undefined
  readonly zone: string | undefined

  /** What the task takes from its instance from its placement until it is STOPPED. */
  readonly demand: Demand

  /** As the agent and the control plane have seen it, and as it is wanted. Neither ever moves back. */
  readonly lastStatus: TaskStatus
  readonly desiredStatus: "RUNNING" | "STOPPED"
  readonly health: "HEALTHY" | "UNHEALTHY" | "UNKNOWN"
  readonly containers: readonly TaskContainer[]
  readonly overrides: TaskOverrides
  readonly attachments: readonly TaskAttachment[]
  readonly network: NetworkConfiguration | undefined
  readonly volumes: readonly TaskVolumeConfiguration[]
  readonly ephemeralStorageGiB: number | undefined
  readonly enableExecuteCommand: boolean

  /** Why and by whom the task exists, when a service has started it. */
  readonly serviceArn?: string
  readonly revisionArn?: string
  readonly taskSetArn?: string

  /** Since when the health is what it is; undefined as long as it is UNKNOWN. */
  readonly healthAt?: number

  /** Set once the task's service has counted that it failed. */
  readonly failureNoted?: true

  /** How to choose an instance for the task; only while it waits for one. */
  readonly placement?: PlacementWish

  readonly stopCode?: TaskStopCode
  readonly stoppedReason?: string
  readonly protectedUntil?: number

  /** Rises with each change that an event tells of; starts at 1. */
  readonly version: number
  readonly connectivity?: "CONNECTED" | "DISCONNECTED"
  readonly connectivityAt?: number
  readonly createdAt: number
  readonly pullStartedAt?: number
  readonly pullStoppedAt?: number
  readonly startedAt?: number
  readonly stoppingAt?: number
  readonly executionStoppedAt?: number
  readonly stoppedAt?: number
}

export interface PlacementWish {
  readonly constraints: readonly PlacementConstraint[]
  readonly strategy: readonly PlacementStrategy[]
}

/** What a task needs of a machine. Of memory, what is reserved; limits are the agent's business. */
export interface Demand {
  /** In units, 1024 to the vCPU. */
  readonly cpu: number

  /** In MiB. */
  readonly memory: number

  /** Ports of the host that the definition fixes, as `80/tcp`. */
  readonly ports: readonly string[]
  readonly gpus: number

  /** Interfaces: one for a task in awsvpc mode. */
  readonly interfaces: number
}

export interface TaskContainer {
  readonly arn: string
  readonly name: string
  readonly image: string
  readonly essential: boolean
  readonly lastStatus: "PENDING" | "RUNNING" | "STOPPED"
  readonly health: "HEALTHY" | "UNHEALTHY" | "UNKNOWN"
  readonly imageDigest?: string
  readonly runtimeId?: string
  readonly exitCode?: number
  readonly reason?: string
  readonly networkBindings?: readonly NetworkBinding[]
  readonly gpuIds?: readonly string[]
  readonly cpu: number
  readonly memory?: number
  readonly memoryReservation?: number
}

export interface TaskOverrides {
  readonly containerOverrides: readonly ContainerOverride[]
  readonly cpu?: string
  readonly memory?: string
  readonly taskRoleArn?: string
  readonly executionRoleArn?: string
  readonly ephemeralStorageGiB?: number
}

export interface TaskAttachment {
  readonly id: string
  readonly type: "ElasticNetworkInterface" | "AmazonElasticBlockStorage" | "ServiceConnect"
  readonly status: "PRECREATED" | "CREATED" | "ATTACHING" | "ATTACHED" | "DETACHING" | "DETACHED" | "DELETED" | "FAILED"
  readonly details: readonly { readonly name: string; readonly value: string }[]

  /** What an agent must know of an interface beside, and nobody is shown; from its making until its removal. */
  readonly link?: InterfaceLink
}

export interface InterfaceLink {
  /** The subnet's router, with the length of its prefix: `172.31.0.1/20`. */
  readonly gateway: string
  readonly ipv6Gateway?: string
  readonly nameServers: readonly string[]
  readonly searchDomains: readonly string[]

  /** Until when the agent may take to find the interface. */
  readonly until: number
}

/** Whether the task ended by itself, and its service has not counted that yet. */
function hasFailed({ lastStatus, stopCode, failureNoted }: Task): boolean {
  if (lastStatus !== "STOPPED" || failureNoted) return false
  return stopCode === "TaskFailedToStart" || stopCode === "EssentialContainerExited"
}

/** How long a stopped task can still be looked at; AWS shows it for an hour. */
export const STOPPED_TASK_MS = 60 * 60 * 1000

export const tasks = table({
  name: "ecs/tasks",
  version: 1,
  key: (task: Task) => task.arn,
  indexes: {
    clusterDesired: ({ clusterArn, desiredStatus }) => joined(clusterArn, desiredStatus),
    service: ({ serviceArn }) => serviceArn,

    /** Those of a service that are not STOPPED, and those whose failure it has yet to count. */
    serviceLive: (task) => (task.lastStatus !== "STOPPED" || hasFailed(task) ? task.serviceArn : undefined),

    /** Only while the instance has something to do for the task, or the task something of the instance's. */
    instance: ({ instanceArn, lastStatus }) => (lastStatus === "STOPPED" ? undefined : instanceArn),
    definition: ({ definitionArn, lastStatus }) => (lastStatus === "STOPPED" ? undefined : definitionArn),
    startedBy: ({ clusterArn, startedBy }) => startedBy && joined(clusterArn, startedBy),
    capacityProvider: ({ clusterArn, capacityProvider, lastStatus }) =>
      capacityProvider !== undefined && lastStatus !== "STOPPED" ? joined(clusterArn, capacityProvider) : undefined,
    family: ({ clusterArn, family, desiredStatus }) => joined(joined(clusterArn, family), desiredStatus),

    /** Those that wait for an instance. */
    waiting: ({ clusterArn, instanceArn, lastStatus, launchType }) =>
      instanceArn === undefined && lastStatus === "PROVISIONING" ? joined(clusterArn, launchType) : undefined,
  },
  retention: { until: ({ stoppedAt }) => (stoppedAt === undefined ? undefined : stoppedAt + STOPPED_TASK_MS) },
})
