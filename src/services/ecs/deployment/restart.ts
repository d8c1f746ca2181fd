import type { Deployment } from "../tables/deployment.ts"
import type { Task } from "../tables/task.ts"

type Restarts = Pick<Deployment, "failedStarts" | "nextStartAt" | "failure">

/**
 * How long to wait before more tasks are started, after these have failed. Tasks that never ran make the wait longer
 * each time they are tried, up to a quarter of an hour; one that ran and crashed before it had proven itself
 * costs one round of AWS's scheduler, so that it does not start and end as fast as the machine can.
 */
export function delayRestarts(before: Restarts, failed: readonly Task[], now: number): Restarts {
  let { failedStarts, nextStartAt, failure } = before
  for (const task of failed) {
    failure = task.stoppedReason ?? "Task failed to start"
    if (task.startedAt === undefined) {
      // Tasks that were started together and fail together have failed once.
      if (nextStartAt !== undefined && task.createdAt < nextStartAt && failedStarts > 0) continue
      failedStarts += 1
      nextStartAt = now + Math.min(DELAY_MS_MAX, DELAY_MS * 2 ** Math.min(failedStarts - 1, 16))
    } else if ((task.stoppingAt ?? now) - task.startedAt < SHORT_LIFE_MS) {
      nextStartAt = Math.max(nextStartAt ?? 0, now + DELAY_MS)
    }
  }
  return { failedStarts, ...(nextStartAt !== undefined && { nextStartAt }), ...(failure !== undefined && { failure }) }
}

/** When more may be started; undefined when that is now. */
export function startsAgainAt({ nextStartAt }: Pick<Restarts, "nextStartAt">, now: number): number | undefined {
  if (nextStartAt === undefined || nextStartAt <= now) return undefined
  // Nobody was told to wait longer than this: the clock has been set back since.
  return nextStartAt > now + DELAY_MS_MAX ? undefined : nextStartAt
}

/** From so many on, a service is said to be unable to start tasks. */
export const FAILED_STARTS_TOLD = 3

const DELAY_MS = 10_000
const DELAY_MS_MAX = 15 * 60_000
const SHORT_LIFE_MS = 40_000
