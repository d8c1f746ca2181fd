import type { Task } from "../tables/task.ts"

/** As AWS counts: a task that is on its way down is neither. */
export function countsOf(tasks: readonly Pick<Task, "lastStatus">[]): {
  readonly runningCount: number
  readonly pendingCount: number
} {
  let runningCount = 0
  let pendingCount = 0
  for (const { lastStatus } of tasks) {
    if (lastStatus === "RUNNING") runningCount += 1
    else if (PENDING.has(lastStatus)) pendingCount += 1
  }
  return { runningCount, pendingCount }
}

const PENDING: ReadonlySet<Task["lastStatus"]> = new Set(["PROVISIONING", "PENDING", "ACTIVATING"])
