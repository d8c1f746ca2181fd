import type { Writer } from "../event/write.ts"
import type { Task, TaskContainer } from "../tables/task.ts"
import { moved } from "./moves.ts"
import { hasInterface } from "./network.ts"
import { putTask } from "./write.ts"

/** Why a task ends. AWS has no code for a machine that is gone. */
export interface StopCause {
  readonly code: NonNullable<Task["stopCode"]> | undefined
  readonly reason: string
}

/**
 * Wants the task STOPPED. A task that no agent has heard of ends at once; of any other its agent is asked, and the task
 * is STOPPED when the agent says so. The first cause stands, whatever comes later.
 */
export function stopTask(writer: Writer, task: Task, cause: StopCause): Task {
  if (task.desiredStatus === "STOPPED") return task
  if (task.lastStatus === "PROVISIONING") return endTask(writer, task, cause)
  return putTask(writer, task, unwanted(task, cause))
}

/** Ends a task of which nobody can be asked any more: what ran of it is gone, or will never be heard of again. */
export function endTask(writer: Writer, task: Task, cause: StopCause): Task {
  if (task.lastStatus === "STOPPED" || task.lastStatus === "DEPROVISIONING") return task
  return putTask(writer, task, ended(unwanted(task, cause), writer.now))
}

/** A copy of the task that is wanted no more, for this reason unless there was one already. */
export function unwanted(task: Task, { code, reason }: StopCause): Task {
  if (task.desiredStatus === "STOPPED") return task
  return {
    ...task,
    desiredStatus: "STOPPED",
    stoppedReason: reason,
    ...(code !== undefined && { stopCode: code }),
  }
}

/** A copy of the task of which nothing runs any more; STOPPED, unless an interface has to be taken from an instance first. */
export function ended(task: Task, now: number): Task {
  const stopped: Task = {
    ...task,
    containers: task.containers.map(stoppedContainer),
    ...(task.startedAt !== undefined && { executionStoppedAt: task.executionStoppedAt ?? now }),
  }
  if (!hasInterface(task)) return moved(stopped, "STOPPED", now)
  if (task.instanceArn !== undefined) return moved(stopped, "DEPROVISIONING", now)
  // A task that has found no instance has no interface yet, either.
  const attachments = stopped.attachments.map((attachment) => ({ ...attachment, status: "DELETED" as const }))
  return moved({ ...stopped, attachments }, "STOPPED", now)
}

function stoppedContainer(container: TaskContainer): TaskContainer {
  return container.lastStatus === "STOPPED" ? container : { ...container, lastStatus: "STOPPED" }
}
