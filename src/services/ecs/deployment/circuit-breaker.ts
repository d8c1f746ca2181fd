import type { DeploymentCircuitBreaker } from "@aws-sdk/client-ecs"
import type { Deployment } from "../tables/deployment.ts"

/** After how many failed tasks in a row a deployment is given up. */
export function thresholdOf(breaker: DeploymentCircuitBreaker, desiredCount: number): number {
  const { type, value } = breaker.thresholdConfiguration ?? THRESHOLD_DEFAULT
  if (type === "COUNT") return value!
  const share = Math.ceil((desiredCount * value!) / 100)
  // A percentage of nothing would give a deployment up before it has begun.
  return type === "UNBOUNDED_PERCENT" ? Math.max(1, share) : Math.min(Math.max(share, FAILURES_MIN), FAILURES_MAX)
}

export const THRESHOLD_DEFAULT = { type: "BOUNDED_PERCENT", value: 50 } as const
const FAILURES_MIN = 3
const FAILURES_MAX = 200

type Counted = Pick<Deployment, "failedTasks" | "failedAt">

/**
 * The count of failed tasks once these are added. A task that has become healthy since the last failure begins the count
 * anew, unless the service does not want that. A task that exits after RUNNING has failed like one that never ran.
 */
export function countFailures(
  before: Counted,
  {
    failures,
    healthySince,
    now,
  }: { readonly failures: number; readonly healthySince: number | undefined; readonly now: number },
  { resetOnHealthyTask = true }: DeploymentCircuitBreaker,
): Counted {
  const isReset = resetOnHealthyTask && healthySince !== undefined && healthySince > (before.failedAt ?? 0)
  const failedTasks = (isReset ? 0 : before.failedTasks) + failures
  if (failures > 0) return { failedTasks, failedAt: now }
  return failedTasks === before.failedTasks ? before : { ...before, failedTasks }
}

/** Whether the deployment is to be given up now. */
export function isTripped(deployment: Deployment, breaker: DeploymentCircuitBreaker, desiredCount: number): boolean {
  return deployment.breaker === "MONITORING" && deployment.failedTasks >= thresholdOf(breaker, desiredCount)
}

/** The deployment to go back to: the one that was last all that the service ran. */
export function rollbackCandidate(all: readonly Deployment[], failed: Deployment): Deployment | undefined {
  let candidate: Deployment | undefined
  for (const deployment of all) {
    if (deployment.arn === failed.arn || deployment.completedAt === undefined) continue
    if (candidate === undefined || deployment.completedAt > candidate.completedAt!) candidate = deployment
  }
  return candidate
}
