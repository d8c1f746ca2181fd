import type {
  Attribute,
  AvailabilityZoneRebalancing,
  CapacityProviderStrategyItem,
  ClusterConfiguration,
  ClusterSetting,
  ContainerOverride,
  DeploymentConfiguration,
  LaunchType,
  LoadBalancer,
  ManagedScaling,
  NetworkBinding,
  NetworkConfiguration,
  PlacementConstraint,
  PlacementStrategy,
  PropagateTags,
  Resource,
  SchedulingStrategy,
  ServiceDeploymentStatus,
  ServiceRegistry,
  SettingName,
  TaskDefinition as TaskDefinitionShape,
  TaskStopCode,
  TaskVolumeConfiguration,
} from "@aws-sdk/client-ecs"
import type { Tag } from "../../aws/tags.ts"
import { table } from "../../store/table.ts"

// Times are milliseconds since 1970 throughout. What a caller wants and what was last seen are different fields.

/** A deleted cluster stays behind as INACTIVE for a day, as it does on AWS for a while. */
export interface Cluster {
  readonly arn: string
  readonly name: string
  readonly status: "ACTIVE" | "INACTIVE"
  readonly settings: readonly ClusterSetting[]
  readonly configuration: ClusterConfiguration | undefined
  readonly capacityProviders: readonly string[]
  readonly defaultStrategy: readonly CapacityProviderStrategyItem[]

  /** What the cluster was created with: a repeated CreateCluster is compared with this and answered with it. */
  readonly created: ClusterArguments
  readonly createdAt: number
  readonly deletedAt?: number
}

/** The arguments of CreateCluster, with AWS's defaults of that moment where the caller left them out. */
export interface ClusterArguments {
  readonly settings: readonly ClusterSetting[]
  readonly configuration: ClusterConfiguration | undefined
  readonly capacityProviders: readonly string[]
  readonly defaultStrategy: readonly CapacityProviderStrategyItem[]
  readonly tags: readonly Tag[]
}

/** AWS promises no time; a day leaves every client room to see how its deletion ended. */
const INACTIVE_MS = 24 * 60 * 60 * 1000

export const clusters = table({
  name: "ecs/clusters",
  version: 1,
  key: (cluster: Cluster) => cluster.arn,
  indexes: { status: (cluster) => cluster.status },
  retention: { until: ({ deletedAt }) => (deletedAt === undefined ? undefined : deletedAt + INACTIVE_MS) },
})

/** The tags of one resource, whatever kind it is; one without tags has no record. */
export interface ResourceTags {
  readonly arn: string
  readonly tags: readonly Tag[]

  /** Set when the resource is to be forgotten, as its tags then are too. */
  readonly until?: number | undefined
}

export const resourceTags = table({
  name: "ecs/tags",
  version: 1,
  key: (tagged: ResourceTags) => tagged.arn,
  retention: { until: ({ until }) => until },
})

/** A setting that a principal has set for itself, or the account's root as the default for all. */
export interface AccountSetting {
  readonly name: SettingName
  readonly value: string
  readonly principalArn: string
}

export const accountSettings = table({
  name: "ecs/account-settings",
  version: 1,
  key: (setting: AccountSetting) => `${setting.name} ${setting.principalArn}`,
})

/** Counts a family's revisions; it outlives all of them, so that no number is ever used twice. */
export interface Family {
  readonly name: string
  readonly latestRevision: number
}

export const families = table({ name: "ecs/families", version: 1, key: (family: Family) => family.name })

/** One revision. What it says never changes; only its status does, and only forwards. */
export interface TaskDefinition {
  readonly arn: string
  readonly family: string
  readonly revision: number
  readonly status: "ACTIVE" | "INACTIVE" | "DELETE_IN_PROGRESS"

  /** As registered, with AWS's defaults filled in; without what the other fields of this record say. */
  readonly definition: Omit<
    TaskDefinitionShape,
    "taskDefinitionArn" | "family" | "revision" | "status" | "registeredAt" | "deregisteredAt" | "registeredBy"
  >
  readonly registeredAt: number
  readonly registeredBy: string
  readonly deregisteredAt?: number
}

/** A space sorts before everything that a family's name may hold, so keys are in the order of family, then number. */
export function taskDefinitionKey(family: string, revision: number): string {
  return `${family} ${String(revision).padStart(10, "0")}`
}

export const taskDefinitions = table({
  name: "ecs/task-definitions",
  version: 1,
  key: ({ family, revision }: TaskDefinition) => taskDefinitionKey(family, revision),
  indexes: {
    status: ({ status }) => status,
    familyStatus: ({ family, status }) => `${family} ${status}`,
  },
})

/** A machine that an agent has registered: an EC2 instance, one of ECS Anywhere, or one of the pool that is FARGATE here. */
export interface ContainerInstance {
  readonly arn: string
  readonly clusterArn: string
  readonly status: "ACTIVE" | "DRAINING" | "DEREGISTERING" | "INACTIVE"
  readonly ec2InstanceId: string | undefined
  readonly capacityProvider: string | undefined

  /** As the agent sent them, and has to get back. */
  readonly registeredResources: readonly Resource[]
  readonly attributes: readonly Attribute[]
  readonly agentVersion?: string
  readonly agentHash?: string
  readonly dockerVersion?: string

  /** Whether an agent is connected right now, as this region sees it. */
  readonly agentConnected: boolean

  /** The agent's own token: a registration that is repeated makes no second instance. */
  readonly clientToken: string | undefined

  /** The newest number of a task manifest that may have been sent; it only rises, over restarts too. */
  readonly manifestNumber: number

  /** Rises with each change that an event tells of. */
  readonly version: number
  readonly registeredAt: number
  readonly deregisteredAt?: number
}

export const containerInstances = table({
  name: "ecs/container-instances",
  version: 1,
  key: (instance: ContainerInstance) => instance.arn,
  indexes: {
    clusterStatus: ({ clusterArn, status }) => `${clusterArn} ${status}`,
    clientToken: ({ clientToken }) => clientToken,
  },
  retention: {
    until: ({ deregisteredAt }) => (deregisteredAt === undefined ? undefined : deregisteredAt + INACTIVE_MS),
  },
})

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
}

/** How long a stopped task can still be looked at; AWS shows it for an hour. */
export const STOPPED_TASK_MS = 60 * 60 * 1000

export const tasks = table({
  name: "ecs/tasks",
  version: 1,
  key: (task: Task) => task.arn,
  indexes: {
    clusterDesired: ({ clusterArn, desiredStatus }) => `${clusterArn} ${desiredStatus}`,
    service: ({ serviceArn }) => serviceArn,

    /** Only while the instance has something to do for the task, or the task something of the instance's. */
    instance: ({ instanceArn, lastStatus }) => (lastStatus === "STOPPED" ? undefined : instanceArn),
    definition: ({ definitionArn, lastStatus }) => (lastStatus === "STOPPED" ? undefined : definitionArn),
    startedBy: ({ clusterArn, startedBy }) => startedBy && `${clusterArn} ${startedBy}`,
  },
  retention: { until: ({ stoppedAt }) => (stoppedAt === undefined ? undefined : stoppedAt + STOPPED_TASK_MS) },
})

/**
 * A task of any account that runs on an instance of the pool. It lies beside the pool's instances, in the scope of the
 * account that owns the pool, so that their capacity and their agents see every task they have; the task itself is its
 * owner's. Made and removed in the transactions that place the task and see it STOPPED.
 */
export interface PoolTask {
  readonly taskArn: string

  /** Where the task's record lies. */
  readonly scope: string
  readonly instanceArn: string
  readonly demand: Demand
}

export const poolTasks = table({
  name: "ecs/pool-tasks",
  version: 1,
  key: (task: PoolTask) => task.taskArn,
  indexes: { instance: ({ instanceArn }) => instanceArn },
})

/** What RunTask did for a token, so that a repeated request starts nothing. */
export interface RunToken {
  readonly clusterArn: string
  readonly token: string

  /** A digest of the request: the same token with another request is refused. */
  readonly request: string
  readonly taskArns: readonly string[]
  readonly createdAt: number
}

const RUN_TOKEN_MS = 24 * 60 * 60 * 1000

export const runTokens = table({
  name: "ecs/run-tokens",
  version: 1,
  key: ({ clusterArn, token }: RunToken) => `${clusterArn} ${token}`,
  retention: { until: ({ createdAt }) => createdAt + RUN_TOKEN_MS },
})

/** A deleted service stays behind as INACTIVE for a while; another of its name may be made meanwhile. */
export interface Service {
  readonly arn: string
  readonly name: string
  readonly clusterArn: string
  readonly status: "ACTIVE" | "DRAINING" | "INACTIVE"
  readonly scheduling: SchedulingStrategy
  readonly controller: "ECS" | "EXTERNAL"

  /** How many tasks are wanted; a DAEMON service has one on each instance instead. */
  readonly desiredCount: number
  readonly configuration: DeploymentConfiguration
  readonly zoneRebalancing: AvailabilityZoneRebalancing
  readonly placementConstraints: readonly PlacementConstraint[]
  readonly placementStrategy: readonly PlacementStrategy[]
  readonly healthCheckGraceSeconds: number
  readonly enableExecuteCommand: boolean
  readonly enableManagedTags: boolean
  readonly propagateTags: PropagateTags

  /** The revision that the newest deployment leads to; undefined for a service whose task sets say what runs. */
  readonly revisionArn: string | undefined

  /** The task set that serves, for the EXTERNAL controller. */
  readonly primaryTaskSetArn?: string

  /** Newest first, at most a hundred. */
  readonly events: readonly ServiceEvent[]
  readonly steadySince?: number
  readonly roleArn?: string
  readonly createdBy: string
  readonly createdAt: number
  readonly deletedAt?: number

  /** What the service was created with, to tell a repeated request from another one. */
  readonly clientToken: string | undefined
  readonly request: string
}

export interface ServiceEvent {
  readonly id: string
  readonly createdAt: number
  readonly message: string
}

export const services = table({
  name: "ecs/services",
  version: 1,
  key: (service: Service) => service.arn,
  indexes: { clusterStatus: ({ clusterArn, status }) => `${clusterArn} ${status}` },
  retention: { until: ({ deletedAt }) => (deletedAt === undefined ? undefined : deletedAt + INACTIVE_MS) },
})

/** What a service runs: immutable. Every deployment leads from older revisions to one. */
export interface ServiceRevision {
  readonly arn: string
  readonly serviceArn: string
  readonly clusterArn: string
  readonly definitionArn: string
  readonly launchType: LaunchType | undefined
  readonly strategy: readonly CapacityProviderStrategyItem[]
  readonly platformVersion: string | undefined
  readonly network: NetworkConfiguration | undefined
  readonly loadBalancers: readonly LoadBalancer[]
  readonly registries: readonly ServiceRegistry[]
  readonly volumes: readonly TaskVolumeConfiguration[]

  /** The digest that each image name was found to be, once the first task has pulled it. */
  readonly imageDigests?: Readonly<Record<string, string>>
  readonly createdAt: number
}

export const serviceRevisions = table({
  name: "ecs/service-revisions",
  version: 1,
  key: (revision: ServiceRevision) => revision.arn,
  indexes: { service: ({ serviceArn }) => serviceArn },
})

/**
 * The way from what a service ran to a revision. There are two names for it on AWS: `deployments[]` of a service shows
 * it by `ecs-svc/…`, ServiceDeployment by its ARN; both are this record.
 */
export interface Deployment {
  readonly arn: string

  /** As in `ecs-svc/1234567890123456789`; tasks carry it as `startedBy`. */
  readonly id: string
  readonly serviceArn: string
  readonly clusterArn: string
  readonly revisionArn: string

  /** What ran when it began. */
  readonly sourceRevisionArns: readonly string[]
  readonly configuration: DeploymentConfiguration

  /** As `deployments[]` shows it: the newest is PRIMARY, an older one ACTIVE until its last task is gone. */
  readonly role: "PRIMARY" | "ACTIVE" | "DRAINING" | "INACTIVE"
  readonly status: ServiceDeploymentStatus
  readonly statusReason?: string
  readonly rolloutState: "IN_PROGRESS" | "COMPLETED" | "FAILED"
  readonly rolloutReason: string

  /** Where in its strategy the deployment is; rolling knows only scaling and cleaning up. */
  readonly stage: string

  /** For the circuit breaker: how many tasks failed since the last healthy one. */
  readonly failedTasks: number
  readonly breaker: "DISABLED" | "MONITORING" | "TRIGGERED" | "MONITORING_COMPLETE"

  /** Consecutive failed starts, and when the next may be tried: the more there were, the longer. */
  readonly failedStarts: number
  readonly nextStartAt?: number
  readonly rollback?: { readonly reason: string; readonly startedAt: number; readonly revisionArn: string }

  /** Why it cannot go on right now, in our own words; empty while it can. */
  readonly blockedBy?: string
  readonly createdAt: number
  readonly startedAt?: number
  readonly updatedAt: number
  readonly finishedAt?: number
  readonly stoppedAt?: number
}

export const deployments = table({
  name: "ecs/deployments",
  version: 1,
  key: (deployment: Deployment) => deployment.arn,
  indexes: {
    service: ({ serviceArn }) => serviceArn,
    serviceRole: ({ serviceArn, role }) => `${serviceArn} ${role}`,
  },
  ordered: { createdAt: ({ createdAt }) => createdAt },
})

/** A set of tasks of a service whose deployments someone else controls. */
export interface TaskSet {
  readonly arn: string
  readonly id: string
  readonly serviceArn: string
  readonly clusterArn: string
  readonly externalId: string | undefined
  readonly startedBy: string | undefined
  readonly status: "PRIMARY" | "ACTIVE" | "DRAINING"
  readonly revisionArn: string
  readonly scalePercent: number
  readonly stability: "STABILIZING" | "STEADY_STATE"
  readonly stabilityAt: number
  readonly createdAt: number
  readonly updatedAt: number
}

export const taskSets = table({
  name: "ecs/task-sets",
  version: 1,
  key: (set: TaskSet) => set.arn,
  indexes: { service: ({ serviceArn }) => serviceArn },
})

/** A capacity provider over an Auto Scaling group. FARGATE and FARGATE_SPOT exist without a record. */
export interface CapacityProvider {
  readonly arn: string
  readonly name: string
  readonly status: "ACTIVE" | "INACTIVE"
  readonly groupArn: string
  readonly managedScaling: ManagedScaling
  readonly managedTerminationProtection: "ENABLED" | "DISABLED"
  readonly managedDraining: "ENABLED" | "DISABLED"
  readonly updateStatus: string
  readonly createdAt: number
  readonly deletedAt?: number
}

export const capacityProviders = table({
  name: "ecs/capacity-providers",
  version: 1,
  key: (provider: CapacityProvider) => provider.name,
  retention: { until: ({ deletedAt }) => (deletedAt === undefined ? undefined : deletedAt + INACTIVE_MS) },
})

/** What a bus will take from here: an event as EventBridge shapes it. Written in the transaction that it tells of. */
export interface EcsEvent {
  /** Rises within its account and region. */
  readonly sequence: string
  readonly id: string
  readonly detailType: string
  readonly resources: readonly string[]
  readonly time: number
  readonly detail: object
}

const EVENT_MS = 60 * 60 * 1000

export const events = table({
  name: "ecs/events",
  version: 1,
  key: (event: EcsEvent) => event.sequence,
  retention: { until: ({ time }) => time + EVENT_MS },
})
