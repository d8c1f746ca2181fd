import { assert } from "../../../base/assert.ts"
import { taskEventDetail } from "../event/task.ts"
import { type Writer, writeEvent } from "../event/write.ts"
import { poolOf } from "../pool.ts"
import { poolQueue, poolTasks } from "../tables/pool.ts"
import { type Task, type TaskContainer, tasks } from "../tables/task.ts"
import { forgetTags } from "../tag.ts"
import { checkMove } from "./moves.ts"

/**
 * The only place that writes the tasks table. What hangs on a task is written with it: the place that it takes in the
 * pool, its version, and the event that tells of it.
 */
export function putTask(writer: Writer, before: Task | undefined, after: Task): Task {
  if (before === after) return after
  const { tx } = writer
  assert(tx.get(tasks, after.arn) === before, `${after.arn} has changed since it was read`)
  checkMove(before, after)

  const isTold = before === undefined || isNews(before, after)
  const task: Task = { ...after, version: (before?.version ?? 0) + (isTold ? 1 : 0) }
  tx.put(tasks, task)
  if (task.lastStatus === "STOPPED") forgetTags(tx, task.arn, tasks.retention!.until(task))
  if (task.launchType === "FARGATE") keepPoolInStep(writer, before, task)
  if (isTold) {
    writeEvent(writer, {
      detailType: "ECS Task State Change",
      resources: [task.arn],
      // What FARGATE shows of a task comes from its definition, too.
      told: task.launchType === "FARGATE" ? { detail: taskEventDetail(tx, task, writer.now) } : { task },
    })
  }
  return task
}

/** Whether there is something to tell. Anything else that changes about a task changes in silence, and its version stays. */
function isNews(before: Task, after: Task): boolean {
  if (TOLD.some((field) => before[field] !== after[field])) return true
  return after.containers.some((container, at) => !isSameButHealth(container, before.containers[at]!))
}

const TOLD = [
  "lastStatus",
  "desiredStatus",
  "attachments",
  "instanceArn",
  "stopCode",
  "stoppedReason",
  "connectivity",
  "pullStartedAt",
  "pullStoppedAt",
  "executionStoppedAt",
] as const satisfies readonly (keyof Task)[]

/** Health comes and goes; AWS has no event for it. */
function isSameButHealth(a: TaskContainer, b: TaskContainer): boolean {
  if (a === b) return true
  const fields = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof TaskContainer>
  return [...fields].every((field) => field === "health" || a[field] === b[field])
}

function keepPoolInStep({ tx }: Writer, before: Task | undefined, task: Task): void {
  const pool = poolOf(tx)
  const { arn: taskArn, instanceArn, demand } = task
  const waits = instanceArn === undefined && task.desiredStatus === "RUNNING"
  const waited = before !== undefined && before.instanceArn === undefined && before.desiredStatus === "RUNNING"
  if (waits && !waited) pool.put(poolQueue, { taskArn, scope: tx.scope, since: task.createdAt })
  if (waited && !waits) pool.delete(poolQueue, taskArn)

  if (instanceArn === undefined) return
  if (task.lastStatus === "STOPPED") pool.delete(poolTasks, taskArn)
  else if (before?.instanceArn === undefined) pool.put(poolTasks, { taskArn, scope: tx.scope, instanceArn, demand })
}
