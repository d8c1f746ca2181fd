import { wantedOfAgent } from "../lifecycle/moves.ts"
import type { Task } from "../tables/task.ts"
import { interfacePayload } from "./interface-payload.ts"

/** What an agent can be told of a task, in the order in which it is. */
export type Told = "attach" | "run" | "stop"

/**
 * What the agent of the task's instance has to be told and may not know yet. Once it has reported that the task runs,
 * there is nothing to tell until the task is to stop; `forgets` says of an agent that starts that it may have lost even
 * what it has reported.
 */
export function owed(task: Task, forgets = false): Told | undefined {
  switch (wantedOfAgent(task)) {
    case "STOPPED":
      return "stop"
    case "RUNNING":
      return task.lastStatus === "PENDING" || forgets ? "run" : undefined
    case undefined:
      return task.lastStatus === "PROVISIONING" && interfaceToAttach(task) !== undefined ? "attach" : undefined
  }
}

/** The interface that the agent is to look out for: made, described, and not reported yet. */
export function interfaceToAttach(task: Task) {
  if (task.instanceArn === undefined || task.desiredStatus === "STOPPED") return undefined
  const attachment = task.attachments.find(({ status }) => status === "ATTACHING")
  return attachment && interfacePayload(task, attachment)
}
