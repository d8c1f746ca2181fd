import type { Turn } from "../../../store/controller.ts"
import { tell, writeDeploymentState } from "../service/event.ts"
import { type Deployment, deployments } from "../tables/deployment.ts"
import { serviceRevisions } from "../tables/revision.ts"
import { type Service, services } from "../tables/service.ts"
import { ended } from "./begin.ts"
import { rollbackCandidate } from "./circuit-breaker.ts"

/** Why a deployment is given up, in all the places that show it. */
export interface Failure {
  readonly event: string
  readonly rolloutReason: string
  readonly statusReason: string

  /** What stands before what is rolled back to. */
  readonly rollingBack: string

  /** Whether it is rolled back whatever the service's configuration says. */
  readonly isAsked: boolean
  readonly trips: boolean
}

export const BREAKER: Failure = {
  event: "deployment failed: tasks failed to start.",
  rolloutReason: "ECS deployment circuit breaker: tasks failed to start.",
  statusReason: "Service deployment rolled back because the circuit breaker threshold was exceeded.",
  rollingBack: "ECS deployment circuit breaker",
  isAsked: false,
  trips: true,
}

export const STOPPED_BY_USER: Failure = {
  event: "deployment failed: deployment failure.",
  rolloutReason: "ECS deployment stopped by user.",
  statusReason: "Service deployment rolled back because a user stopped it.",
  rollingBack: "ECS deployment stopped by user",
  isAsked: true,
  trips: false,
}

/** For a gate that has failed. */
export function gateFailure(because: string): Failure {
  return {
    event: `deployment failed: Service deployment rolled back because ${because}`,
    rolloutReason: `ECS deployment failed: ${because}`,
    statusReason: `Service deployment rolled back because ${because}`,
    rollingBack: "ECS deployment failed",
    isAsked: true,
    trips: false,
  }
}

/**
 * Gives a deployment up, and goes back to the one that was last complete, if that is wanted and there is one: that one, as
 * it was, is what the service deploys again.
 */
export function giveUp(turn: Turn, service: Service, deployment: Deployment, failure: Failure): void {
  const { tx, now } = turn
  const isWanted = failure.isAsked || service.configuration.deploymentCircuitBreaker?.rollback === true
  const candidate = isWanted ? candidateFor(turn, service, deployment) : undefined
  const { blockedBy: _, ...rest } = deployment
  const failed: Deployment = {
    ...rest,
    role: candidate === undefined ? "PRIMARY" : "ACTIVE",
    rolloutState: "FAILED",
    rolloutReason: failure.rolloutReason,
    breaker: failure.trips ? "TRIGGERED" : ended(deployment.breaker),
    updatedAt: now,
    ...outcome(deployment, failure, isWanted, candidate, now),
  }
  tx.put(deployments, failed)
  tell(turn, service, `(deployment ${deployment.id}) ${failure.event}`)
  writeDeploymentState(turn, failed)
  if (candidate !== undefined) goBack(turn, service, candidate, failure)
  else if (isWanted) {
    const [id] = deployment.arn.split("/").slice(-1)
    tell(turn, service, `Deployment [${id}] rollback has failed. ${NO_CANDIDATE}`)
  }
}

function goBack(turn: Turn, service: Service, candidate: Deployment, { rollingBack }: Failure): void {
  const { tx, now } = turn
  const { until: _, nextStartAt: __, failure: ___, ...rest } = candidate
  const again: Deployment = {
    ...rest,
    role: "PRIMARY",
    rolloutState: "IN_PROGRESS",
    rolloutReason: `${rollingBack}: rolling back to deploymentId ${candidate.id}.`,
    stage: "SCALE_UP",
    stageAt: now,
    failedTasks: 0,
    failedStarts: 0,
    // There is nothing behind this to go back to.
    breaker: ended(candidate.breaker),
    updatedAt: now,
  }
  tx.put(deployments, again)
  const { until: ____, ...revision } = tx.mustGet(serviceRevisions, candidate.revisionArn)
  tx.put(serviceRevisions, revision)
  tx.put(services, { ...service, revisionArn: candidate.revisionArn })
  tell(turn, service, `rolling back to deployment ${candidate.id}.`)
  writeDeploymentState(turn, again)
}

function candidateFor({ tx }: Turn, service: Service, failed: Deployment): Deployment | undefined {
  const all = tx.where(deployments, "service", service.arn)
  return rollbackCandidate(
    all.filter(({ revisionArn }) => tx.get(serviceRevisions, revisionArn) !== undefined),
    failed,
  )
}

function outcome(
  failed: Deployment,
  { statusReason }: Failure,
  isWanted: boolean,
  candidate: Deployment | undefined,
  now: number,
): Partial<Deployment> {
  if (candidate !== undefined) {
    const rollback = { reason: statusReason, startedAt: now, revisionArn: candidate.revisionArn }
    return { status: "ROLLBACK_IN_PROGRESS", statusReason, rollback }
  }
  return isWanted
    ? { status: "ROLLBACK_FAILED", statusReason: NO_CANDIDATE, finishedAt: now }
    : { status: "STOPPED", statusReason: stoppedBecause(failed), stoppedAt: now }
}

/** AWS gives no reason here; ours names the last task's. */
function stoppedBecause({ failure = "" }: Deployment): string {
  return `Service deployment stopped because the circuit breaker threshold was exceeded. ${failure}`.trimEnd()
}

const NO_CANDIDATE = "No rollback candidate was found to run the rollback."
