import type * as sdk from "@aws-sdk/client-ecs"
import { parseArn, resourceOf } from "../../aws/arn.ts"
import type { Operations } from "../../aws/operations.ts"
import type { Tx } from "../../store/transaction.ts"
import { activeCluster } from "./cluster.ts"
import { thresholdOf } from "./deployment/circuit-breaker.ts"
import { fault, invalid, notYet } from "./fault.ts"
import { listed } from "./list.ts"
import { permit } from "./permit.ts"
import { summaryOf, withObstacle } from "./service/describe.ts"
import { namedService, serviceIn } from "./service/find.ts"
import { permitPartsOfServices } from "./service/part.ts"
import { type Deployment, deployments } from "./tables/deployment.ts"
import { type Service, services } from "./tables/service.ts"
import { tasks } from "./tables/task.ts"

export const serviceDeploymentOperations = {
  DescribeServiceDeployments(call, { serviceDeploymentArns: identifiers }) {
    const arns = [...new Set(identifiers!)]
    for (const arn of arns) checkArn(arn)
    permitPartsOfServices(call, arns)
    if (arns.length === 0) throw invalid("Service Deployments cannot be empty.")
    if (arns.length > DESCRIBED_MAX)
      throw invalid(`Service Deployments cannot have more than ${DESCRIBED_MAX} elements`)

    const found = arns.flatMap((arn) => call.tx.get(deployments, arn) ?? [])
    return {
      serviceDeployments: found.map((deployment) => describe(call.tx, deployment)),
      failures: arns
        .filter((arn) => !found.some((deployment) => deployment.arn === arn))
        .map((arn) => ({ arn, reason: "MISSING" })),
    }
  },

  ListServiceDeployments(call, input) {
    const { cluster: inCluster, arn } = namedService(call, input)
    permit(call, arn, () => ({ "ecs:cluster": inCluster }))
    const service = serviceIn(call, activeCluster(call, inCluster), arn)
    if (service === undefined) throw fault("ServiceNotFoundException", "Service not found.")
    const unknown = input.status?.find((status) => !STATUSES.includes(status))
    if (unknown !== undefined) throw invalid(`status should be one of [${STATUSES.join(",")}]`)

    const matching = newestFirst(call.tx, service).filter((deployment) => isAskedFor(deployment, input))
    const { page, nextToken } = listed(call, input, {
      usual: 20,
      most: 100,
      list: ({ after, limit }) => behind(matching, after).slice(0, limit),
      position: positionOf,
    })
    return { serviceDeployments: page.map(brief), ...(nextToken !== undefined && { nextToken }) }
  },

  StopServiceDeployment(call, { serviceDeploymentArn: arn, stopType = "ROLLBACK" }) {
    checkArn(arn!)
    permitPartsOfServices(call, [arn!])
    if (stopType !== "ROLLBACK" && stopType !== "ABORT") throw invalid("stopType should be one of [ABORT,ROLLBACK]")
    if (stopType === "ABORT") throw notYet("stopping a deployment without a rollback (stopType ABORT)")
    const deployment = call.tx.get(deployments, arn!)
    if (deployment === undefined) {
      throw fault("ServiceDeploymentNotFoundException", "The specified service deployment was not found.")
    }
    if (!STOPPABLE.includes(deployment.status)) {
      throw fault(
        "ConflictException",
        `The service deployment cannot be stopped because it is in the ${deployment.status} state.`,
        { resourceIds: [arn] },
      )
    }
    // What is being rolled back already needs no more asking.
    if (deployment.status === "PENDING" || deployment.status === "IN_PROGRESS") {
      call.tx.put(deployments, { ...deployment, status: "ROLLBACK_REQUESTED", updatedAt: call.now })
    }
    return { serviceDeploymentArn: arn! }
  },
} satisfies Operations<typeof sdk>

function describe(tx: Tx, deployment: Deployment): sdk.ServiceDeployment {
  const service = tx.mustGet(services, deployment.serviceArn)
  const live = tx.where(tasks, "serviceLive", service.arn)
  const { startedAt, finishedAt, stoppedAt, rollback } = deployment
  const statusReason = withObstacle(deployment.statusReason ?? "", deployment)
  return {
    serviceDeploymentArn: deployment.arn,
    serviceArn: deployment.serviceArn,
    clusterArn: deployment.clusterArn,
    createdAt: new Date(deployment.createdAt),
    updatedAt: new Date(deployment.updatedAt),
    ...(startedAt !== undefined && { startedAt: new Date(startedAt) }),
    ...(finishedAt !== undefined && { finishedAt: new Date(finishedAt) }),
    ...(stoppedAt !== undefined && { stoppedAt: new Date(stoppedAt) }),
    sourceServiceRevisions: deployment.sourceRevisionArns.map((arn) => summaryOf(service, arn, live)),
    targetServiceRevision: summaryOf(service, deployment.revisionArn, live),
    status: deployment.status,
    ...(statusReason !== "" && { statusReason }),
    // Rolling deployments of AWS have no stages that they show.
    lifecycleHookDetails: [],
    deploymentConfiguration: deployment.configuration,
    ...(rollback !== undefined && {
      rollback: {
        reason: rollback.reason,
        startedAt: new Date(rollback.startedAt),
        serviceRevisionArn: rollback.revisionArn,
      },
    }),
    deploymentCircuitBreaker: describeBreaker(service, deployment),
    alarms: describeAlarms(deployment),
  }
}

function describeBreaker(
  { desiredCount }: Service,
  { breaker, failedTasks, configuration }: Deployment,
): sdk.ServiceDeploymentCircuitBreaker {
  const threshold = thresholdOf(configuration.deploymentCircuitBreaker!, desiredCount)
  return { status: breaker, failureCount: failedTasks, threshold }
}

function describeAlarms({ configuration: { alarms } }: Deployment): sdk.ServiceDeploymentAlarms {
  return { status: "DISABLED", alarmNames: [...(alarms?.alarmNames ?? [])], triggeredAlarmNames: [] }
}

function brief(deployment: Deployment): sdk.ServiceDeploymentBrief {
  const { startedAt, finishedAt } = deployment
  const statusReason = withObstacle(deployment.statusReason ?? "", deployment)
  return {
    serviceDeploymentArn: deployment.arn,
    serviceArn: deployment.serviceArn,
    clusterArn: deployment.clusterArn,
    createdAt: new Date(deployment.createdAt),
    ...(startedAt !== undefined && { startedAt: new Date(startedAt) }),
    ...(finishedAt !== undefined && { finishedAt: new Date(finishedAt) }),
    targetServiceRevisionArn: deployment.revisionArn,
    status: deployment.status,
    ...(statusReason !== "" && { statusReason }),
  }
}

function isAskedFor(
  { status, createdAt }: Deployment,
  { status: statuses, createdAt: between = {} }: sdk.ListServiceDeploymentsRequest,
): boolean {
  if (statuses?.length && !statuses.includes(status)) return false
  if (between.after !== undefined && createdAt <= between.after.getTime()) return false
  return between.before === undefined || createdAt < between.before.getTime()
}

/** A service has as many as its owner has begun within 90 days. */
function newestFirst(tx: Tx, { arn }: Service): Deployment[] {
  return tx.where(deployments, "service", arn).toSorted((a, b) => (positionOf(a) < positionOf(b) ? 1 : -1))
}

function behind(sorted: readonly Deployment[], after: string | undefined): readonly Deployment[] {
  return after === undefined ? sorted : sorted.filter((deployment) => positionOf(deployment) < after)
}

function positionOf({ createdAt, arn }: Deployment): string {
  return `${String(createdAt).padStart(16, "0")} ${arn}`
}

function checkArn(arn: string): void {
  const parsed = parseArn(arn)
  if (parsed?.service === "ecs" && resourceOf(parsed).type === "service-deployment") return
  throw invalid("The service deployment ARN is invalid.")
}

const DESCRIBED_MAX = 20
const STOPPABLE: readonly string[] = [
  "PENDING",
  "IN_PROGRESS",
  "STOP_REQUESTED",
  "ROLLBACK_REQUESTED",
  "ROLLBACK_IN_PROGRESS",
]
const STATUSES: readonly string[] = [...STOPPABLE, "SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"]
