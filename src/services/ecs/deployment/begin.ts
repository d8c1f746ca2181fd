import type { Writer } from "../event/write.ts"
import { shownDeployments } from "../service/find.ts"
import { inProgress } from "../service/sentence.ts"
import { type Deployment, deployments } from "../tables/deployment.ts"
import type { ServiceRevision } from "../tables/revision.ts"
import type { Service } from "../tables/service.ts"

/**
 * Begins the way to a revision. A deployment that is still under way ends here: its tasks are among those that the new one
 * replaces.
 */
export function beginDeployment(
  { tx, now, random }: Writer,
  service: Service,
  { arn: revisionArn }: ServiceRevision,
  digits: string,
): Deployment {
  const earlier = shownDeployments(tx, service)
  for (const deployment of earlier) {
    const isUnderWay = deployment.role === "PRIMARY" || deployment.status === "ROLLBACK_IN_PROGRESS"
    if (isUnderWay) tx.put(deployments, superseded(deployment, now))
  }

  const id = `ecs-svc/${digits}`
  const suffix = Buffer.from(random.bytes(16)).toString("base64url").slice(0, ARN_CHARACTERS)
  const { clusterArn, configuration } = service
  const deployment: Deployment = {
    arn: `${service.arn.replace(":service/", ":service-deployment/")}/${suffix}`,
    id,
    serviceArn: service.arn,
    clusterArn,
    revisionArn,
    sourceRevisionArns: [...new Set(earlier.map((source) => source.revisionArn))],
    configuration,
    role: "PRIMARY",
    status: "PENDING",
    rolloutState: "IN_PROGRESS",
    rolloutReason: inProgress(id),
    stage: "SCALE_UP",
    stageAt: now,
    failedTasks: 0,
    breaker: configuration.deploymentCircuitBreaker?.enable ? "MONITORING" : "DISABLED",
    failedStarts: 0,
    createdAt: now,
    updatedAt: now,
  }
  tx.put(deployments, deployment)
  return deployment
}

/** No longer the one that counts. One that had not come to its end never will. */
export function superseded(deployment: Deployment, now: number): Deployment {
  const { blockedBy: _, ...rest } = deployment
  const older: Deployment = { ...rest, role: "ACTIVE", updatedAt: now }
  switch (deployment.status) {
    case "PENDING":
    case "IN_PROGRESS":
    case "STOP_REQUESTED":
    case "ROLLBACK_REQUESTED":
      return { ...older, status: "STOPPED", stoppedAt: now, breaker: ended(deployment.breaker) }
    case "ROLLBACK_IN_PROGRESS":
      return { ...older, status: "ROLLBACK_FAILED", finishedAt: now }
    default:
      return older
  }
}

/** Nobody looks after a deployment's failures any more. */
export function ended(breaker: Deployment["breaker"]): Deployment["breaker"] {
  return breaker === "MONITORING" ? "MONITORING_COMPLETE" : breaker
}

const ARN_CHARACTERS = 21
