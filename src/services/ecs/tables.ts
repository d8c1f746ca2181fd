import type {
  Attribute,
  AvailabilityZoneRebalancing,
  CapacityProviderStrategyItem,
  CapacityProviderUpdateStatus,
  ClusterConfiguration,
  ClusterSetting,
  ContainerOverride,
  DeploymentConfiguration,
  InstanceHealthCheckState,
  InstanceHealthCheckType,
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
  ServiceDeploymentLifecycleStage,
  ServiceDeploymentRollbackMonitorsStatus,
  ServiceDeploymentStatus,
  ServiceRegistry,
  ServiceVolumeConfiguration,
  SettingName,
  TaskDefinition as TaskDefinitionShape,
  TaskStopCode,
  TaskVolumeConfiguration,
} from "@aws-sdk/client-ecs"
import type { Tag } from "../../aws/tags.ts"
import { joined } from "../../base/joined.ts"
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
    | "taskDefinitionArn"
    | "family"
    | "revision"
    | "status"
    | "registeredAt"
    | "registeredBy"
    | "deregisteredAt"
    | "deleteRequestedAt"
  >
  readonly registeredAt: number
  readonly registeredBy: string
  readonly deregisteredAt?: number
  readonly deleteRequestedAt?: number
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

  /** Set where neither the machine nor its agent has said where it is: `ecs.availability-zone` then is a guess. */
  readonly zoneIsAssumed?: true
  readonly agentVersion?: string
  readonly agentHash?: string
  readonly dockerVersion?: string

  /** Whether an agent is connected right now, as this region sees it. */
  readonly agentConnected: boolean

  /** Only of the pool: when it was given up for lost, as its agent had been away for so long. Until the agent is back. */
  readonly lostAt?: number

  /** What the agent says of its machine, as far as it says anything. */
  readonly health?: readonly InstanceHealthCheck[]

  /** The agent's own token: a registration that is repeated makes no second instance. */
  readonly clientToken: string | undefined

  /** The newest number of a task manifest that may have been sent; it only rises, over restarts too. */
  readonly manifestNumber: number

  /** Rises with each change that an event tells of. */
  readonly version: number
  readonly registeredAt: number
  readonly deregisteredAt?: number
}

export interface InstanceHealthCheck {
  readonly type: InstanceHealthCheckType
  readonly status: InstanceHealthCheckState
  readonly reason?: string
  readonly updatedAt: number

  /** Since when the status is what it is. */
  readonly changedAt: number
}

export const containerInstances = table({
  name: "ecs/container-instances",
  version: 1,
  key: (instance: ContainerInstance) => instance.arn,
  indexes: {
    /** All that are listed: a deregistered one can only still be described. */
    cluster: ({ clusterArn, status }) => (status === "INACTIVE" ? undefined : clusterArn),
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

/** A task that waits for a place in the pool, beside what it waits for. Made and removed together with its task's waiting. */
export interface PoolWait {
  readonly taskArn: string

  /** Where the task's record lies. */
  readonly scope: string
  readonly since: number
}

export const poolQueue = table({
  name: "ecs/pool-queue",
  version: 1,
  key: ({ taskArn }: PoolWait) => taskArn,
  ordered: { since: ({ since }) => since },
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

  /** How many tasks are wanted; for a DAEMON service, how many instances there are to have one. */
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

  /** Since when the service has all it asks for, and when it was last said; undefined while it has not. */
  readonly steady?: { readonly since: number; readonly toldAt: number }

  /** While zones are brought into balance, the task that is to replace one of a fuller zone. */
  readonly rebalancing?: { readonly since: number; readonly taskArn: string }

  /** When balance may be tried again, after it could not be had. */
  readonly rebalanceAfter?: number
  readonly roleArn?: string
  readonly createdBy: string
  readonly createdAt: number
  readonly deletedAt?: number

  /** What the service was created with, to tell a repeated request from another one. */
  readonly clientToken: string | undefined
  readonly request: string
}

export const services = table({
  name: "ecs/services",
  version: 1,
  key: (service: Service) => service.arn,
  indexes: {
    clusterStatus: ({ clusterArn, status }) => `${clusterArn} ${status}`,

    /** By cluster, those whose tasks follow its instances. */
    instanceDriven: ({ clusterArn, scheduling, status }) =>
      scheduling === "DAEMON" && status === "ACTIVE" ? clusterArn : undefined,
  },
  retention: { until: ({ deletedAt }) => (deletedAt === undefined ? undefined : deletedAt + INACTIVE_MS) },
})

/** What has happened to a service, in AWS's sentences; the newest hundred of each service are kept. */
export interface ServiceEvent {
  readonly serviceArn: string

  /** Rises within the service. */
  readonly number: number
  readonly id: string
  readonly createdAt: number
  readonly message: string
}

export const serviceEvents = table({
  name: "ecs/service-events",
  version: 1,
  key: ({ serviceArn, number }: ServiceEvent) => `${serviceArn} ${String(number).padStart(12, "0")}`,
  indexes: { service: ({ serviceArn }) => serviceArn },
})

/**
 * A service that is to be looked at again since something outside its own records has changed: an instance came, left or
 * drains. Who makes the number rise wakes the service.
 */
export interface ServiceReview {
  readonly serviceArn: string
  readonly number: number
}

export const serviceReviews = table({
  name: "ecs/service-reviews",
  version: 1,
  key: ({ serviceArn }: ServiceReview) => serviceArn,
})

/** The version of an instance of which the services of its cluster have been told. */
export interface InstanceSighting {
  readonly instanceArn: string
  readonly version: number
}

export const instanceSightings = table({
  name: "ecs/instance-sightings",
  version: 1,
  key: ({ instanceArn }: InstanceSighting) => instanceArn,
})

/** What a service runs: what a caller says of it never changes. Every deployment leads from older revisions to one. */
export interface ServiceRevision {
  readonly arn: string
  readonly serviceArn: string
  readonly clusterArn: string
  readonly definitionArn: string
  readonly launchType: LaunchType | undefined
  readonly strategy: readonly CapacityProviderStrategyItem[]

  /** As it was asked for, LATEST too; only for FARGATE. */
  readonly platformVersion: string | undefined
  readonly network: NetworkConfiguration | undefined
  readonly loadBalancers: readonly LoadBalancer[]
  readonly registries: readonly ServiceRegistry[]
  readonly volumes: readonly ServiceVolumeConfiguration[]

  /** The digest that each image name was found to be, once the first task has pulled it. */
  readonly imageDigests?: Readonly<Record<string, string>>
  readonly createdAt: number

  /** Set when the revision is to be forgotten, as no deployment can come back to it. */
  readonly until?: number
}

export const serviceRevisions = table({
  name: "ecs/service-revisions",
  version: 1,
  key: (revision: ServiceRevision) => revision.arn,
  indexes: { service: ({ serviceArn }) => serviceArn, definition: ({ definitionArn }) => definitionArn },
  retention: { until: ({ until }) => until },
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

  /** As it was when it began. */
  readonly configuration: DeploymentConfiguration

  /** As `deployments[]` shows it: the newest is PRIMARY, an older one ACTIVE until its last task is gone. */
  readonly role: "PRIMARY" | "ACTIVE" | "DRAINING" | "INACTIVE"
  readonly status: ServiceDeploymentStatus
  readonly statusReason?: string
  readonly rolloutState: "IN_PROGRESS" | "COMPLETED" | "FAILED"
  readonly rolloutReason: string

  /** Where in its strategy the deployment is, and since when. */
  readonly stage: ServiceDeploymentLifecycleStage
  readonly stageAt: number

  /** For the circuit breaker: how many tasks failed since the last healthy one, and when the last did. */
  readonly failedTasks: number
  readonly failedAt?: number
  readonly breaker: ServiceDeploymentRollbackMonitorsStatus

  /** Consecutive failed starts, when the next may be tried, and why the last one failed. */
  readonly failedStarts: number
  readonly nextStartAt?: number
  readonly failure?: string
  readonly rollback?: { readonly reason: string; readonly startedAt: number; readonly revisionArn: string }

  /** Why it cannot go on right now; undefined while it can. */
  readonly blockedBy?: Obstacle
  readonly createdAt: number
  readonly startedAt?: number
  readonly updatedAt: number
  readonly finishedAt?: number
  readonly stoppedAt?: number

  /** When what it leads to last became all that the service runs: a rollback goes to the newest of these. */
  readonly completedAt?: number

  /** Set when the record is to be forgotten. */
  readonly until?: number
}

/** What keeps a deployment from going on, in our own words: AWS leaves its users to find out. */
export interface Obstacle {
  readonly kind: "bounds" | "protection" | "placement" | "capacity" | "failures" | "role"
  readonly reason: string
  readonly since: number

  /** When the reason was last worked out. */
  readonly at: number
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
  retention: { until: ({ until }) => until },
})

/** A set of tasks of a service whose deployments someone else controls. It is gone with its last task once it is deleted. */
export interface TaskSet {
  readonly arn: string

  /** As in `ecs-svc/1234567890123456789`; tasks carry it as `startedBy`. */
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

  /** As of a deployment: how many starts in a row have failed, when the next may be tried, and why the last one failed. */
  readonly failedStarts: number
  readonly nextStartAt?: number
  readonly failure?: string
  readonly createdAt: number
  readonly updatedAt: number

  /** What it was created with, to tell a repeated request from another one. */
  readonly clientToken: string | undefined
  readonly request: string
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
  readonly updateStatus: CapacityProviderUpdateStatus
  readonly createdAt: number
  readonly deletedAt?: number
}

export const capacityProviders = table({
  name: "ecs/capacity-providers",
  version: 1,
  key: (provider: CapacityProvider) => provider.name,
  indexes: { group: ({ groupArn, status }) => (status === "ACTIVE" ? groupArn : undefined) },
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
  readonly told: EventSubject
}

/**
 * Of a task the record itself, as it was then: events are many and read seldom, so whoever reads one puts it into words
 * (`event/read.ts`). What other records have a part in is in words from the start, as those may change.
 */
export type EventSubject = { readonly task: Task } | { readonly detail: object }

const EVENT_MS = 60 * 60 * 1000

export const events = table({
  name: "ecs/events",
  version: 2,
  key: (event: EcsEvent) => event.sequence,
  upgrades: { 1: ({ detail, ...event }: { readonly detail: object }) => ({ ...event, told: { detail } }) },
  retention: { until: ({ time }) => time + EVENT_MS },
})

/** The newest number of an event, one record for an account and region: events are forgotten, their numbers are not. */
export interface EventCounter {
  readonly key: "events"
  readonly latest: number
}

export const eventCounters = table({ name: "ecs/event-counters", version: 1, key: ({ key }: EventCounter) => key })
