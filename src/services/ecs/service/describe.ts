import type * as sdk from "@aws-sdk/client-ecs"
import { compareStrings } from "../../../base/ordering.ts"
import type { Tx } from "../../../store/transaction.ts"
import type { Deployment } from "../tables/deployment.ts"
import { type ServiceRevision, serviceRevisions } from "../tables/revision.ts"
import type { Service } from "../tables/service.ts"
import { type Task, tasks } from "../tables/task.ts"
import { tagsOf } from "../tag.ts"
import { describeTaskSets } from "../task-set/describe.ts"
import { countsOf } from "./counts.ts"
import { eventsOf } from "./event.ts"
import { shownDeployments } from "./find.ts"
import { describeLaunch } from "./revision.ts"

/** A service as every operation shows it; each adds what it alone shows. */
export function describeService(tx: Tx, service: Service): sdk.Service {
  const revision = service.revisionArn === undefined ? undefined : tx.get(serviceRevisions, service.revisionArn)
  const live = tx.where(tasks, "serviceLive", service.arn)
  const shown = service.controller === "EXTERNAL" ? [] : shownDeployments(tx, service)
  return {
    serviceArn: service.arn,
    serviceName: service.name,
    clusterArn: service.clusterArn,
    loadBalancers: [...(revision?.loadBalancers ?? [])],
    serviceRegistries: [...(revision?.registries ?? [])],
    status: service.status,
    desiredCount: service.desiredCount,
    ...countsOf(live),
    ...(revision !== undefined && {
      // A service shows the platform version that was asked for, its deployments the one that this means.
      ...describeLaunch(revision, revision.platformVersion),
      taskDefinition: revision.definitionArn,
    }),
    deploymentConfiguration: service.configuration,
    ...(service.controller === "EXTERNAL" && { taskSets: describeTaskSets(tx, service, live) }),
    deployments: shown.map((deployment) => describeDeployment(tx, service, deployment, live)),
    ...(service.roleArn !== undefined && { roleArn: service.roleArn }),
    events: eventsOf({ tx }, service.arn).map(({ id, createdAt, message }) => ({
      id,
      createdAt: new Date(createdAt),
      message,
    })),
    createdAt: new Date(service.createdAt),
    createdBy: service.createdBy,
    placementConstraints: [...service.placementConstraints],
    placementStrategy: [...service.placementStrategy],
    healthCheckGracePeriodSeconds: service.healthCheckGraceSeconds,
    schedulingStrategy: service.scheduling,
    deploymentController: { type: service.controller },
    enableECSManagedTags: service.enableManagedTags,
    propagateTags: service.propagateTags,
    enableExecuteCommand: service.enableExecuteCommand,
    availabilityZoneRebalancing: service.zoneRebalancing,
    resourceManagementType: "CUSTOMER",
  }
}

/** Every revision that has tasks, or is to have some. */
export function currentRevisions(tx: Tx, service: Service): sdk.ServiceCurrentRevisionSummary[] {
  const live = tx.where(tasks, "serviceLive", service.arn)
  const arns = new Set(shownDeployments(tx, service).map(({ revisionArn }) => revisionArn))
  return [...arns].map((arn) => summaryOf(service, arn, live))
}

export function summaryOf(
  { revisionArn, desiredCount }: Service,
  arn: string,
  live: readonly Task[],
): sdk.ServiceCurrentRevisionSummary {
  const own = live.filter((task) => task.revisionArn === arn)
  const { runningCount, pendingCount } = countsOf(own)
  return {
    arn,
    requestedTaskCount: arn === revisionArn ? desiredCount : wantedOf(own),
    runningTaskCount: runningCount,
    pendingTaskCount: pendingCount,
  }
}

export function tagsByName(tx: Tx, arn: string): sdk.Tag[] {
  return tagsOf(tx, arn).toSorted((a, b) => compareStrings(a.key, b.key))
}

function describeDeployment(tx: Tx, service: Service, deployment: Deployment, live: readonly Task[]): sdk.Deployment {
  const revision: ServiceRevision = tx.mustGet(serviceRevisions, deployment.revisionArn)
  const own = live.filter(({ startedBy }) => startedBy === deployment.id)
  return {
    id: deployment.id,
    status: deployment.role,
    taskDefinition: revision.definitionArn,
    desiredCount: desiredOf(service, deployment, own),
    ...countsOf(own),
    failedTasks: deployment.failedTasks,
    createdAt: new Date(deployment.createdAt),
    updatedAt: new Date(deployment.updatedAt),
    ...describeLaunch(revision),
    rolloutState: deployment.rolloutState,
    rolloutStateReason: withObstacle(deployment.rolloutReason, deployment),
  }
}

/** The newest takes over the service's count at its first turn; of an older one only what is left is wanted. */
function desiredOf({ desiredCount }: Service, { role, status }: Deployment, own: readonly Task[]): number {
  if (role !== "PRIMARY") return wantedOf(own)
  return status === "PENDING" ? 0 : desiredCount
}

/** Unlike AWS, a deployment that cannot go on says why. */
export function withObstacle(reason: string, { blockedBy }: Deployment): string {
  return blockedBy === undefined ? reason : `${reason} It cannot go on: ${blockedBy.reason}.`.trimStart()
}

function wantedOf(own: readonly Task[]): number {
  return own.filter(({ desiredStatus }) => desiredStatus === "RUNNING").length
}
