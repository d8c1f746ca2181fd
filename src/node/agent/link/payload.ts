import { acsFromAgent, acsFromRegion, type Payload } from "../../../wire/acs.ts"
import { Malformed } from "../../../wire/shape.ts"
import type { TaskPayload } from "../../../wire/task.ts"
import type { World } from "../../../world/world.ts"
import type { AgentState } from "../records.ts"
import { type Tasks, Unusable } from "../tasks.ts"
import type { Submissions } from "./submissions.ts"

export interface PayloadParts {
  readonly world: Pick<World, "log">
  readonly state: AgentState
  readonly tasks: Tasks
  readonly submissions: Pick<Submissions, "tell">
  readonly cluster: string
}

/**
 * Does what a payload asks for; says what to answer. Nothing is answered unless all of it was understood and kept: the
 * region then asks again, and what was understood is not done twice.
 */
export function takePayload(parts: PayloadParts, payload: Payload): readonly string[] {
  const { state } = parts
  const { messageId, clusterArn, containerInstanceArn, seqNum, tasks } = payload
  if (seqNum > state.sequence) state.putSequence(seqNum)

  // What stops makes room for what starts.
  const stopsFirst = [
    ...tasks.filter(({ desiredStatus }) => desiredStatus === "STOPPED"),
    ...tasks.filter(({ desiredStatus }) => desiredStatus === "RUNNING"),
  ]
  const isTaken = stopsFirst.map((task) => takeTask(parts, task))
  if (isTaken.includes(false)) return []
  return [
    acsFromAgent.encode("AckRequest", { cluster: clusterArn, containerInstance: containerInstanceArn, messageId }),
    ...tasks.flatMap(roleCredentials).map(({ expiration, credentialsId }) => {
      return acsFromAgent.encode("IAMRoleCredentialsAckRequest", { messageId, expiration, credentialsId })
    }),
  ]
}

function takeTask(parts: PayloadParts, task: TaskPayload): boolean {
  const { world, tasks } = parts
  try {
    tasks.accept(task)
    return true
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    world.log.error("a task could not be taken", { task: task.arn, reason })
    // Only what no agent could run is reported; what this machine cannot keep now is asked for again.
    if (error instanceof Unusable) reportUnusable(parts, task, reason)
    return false
  }
}

/**
 * Does what it can of a frame that has not the right shape, if it is a payload: its good tasks are taken and the others
 * reported. The whole is not acknowledged, as with any task that cannot be understood.
 */
export function takeMalformedPayload(parts: PayloadParts, frame: string): void {
  const { type, message } = JSON.parse(frame) as { type?: unknown; message?: { tasks?: unknown } }
  if (type !== "PayloadMessage" || !Array.isArray(message?.tasks)) return
  for (const task of message.tasks as readonly { readonly arn?: unknown; readonly taskClusterArn?: unknown }[]) {
    try {
      const read = acsFromRegion.decode(JSON.stringify({ type, message: { ...message, tasks: [task] } }))
      if (read?.type === "PayloadMessage") takePayload(parts, read.message)
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
      const { arn, taskClusterArn } = task ?? {}
      if (typeof arn !== "string" || arn === "") continue
      const cluster = typeof taskClusterArn === "string" ? taskClusterArn : undefined
      reportUnusable(parts, { arn, taskClusterArn: cluster }, error.message)
    }
  }
}

type Named = Pick<TaskPayload, "arn" | "taskClusterArn">

function reportUnusable(parts: PayloadParts, task: Named, why: string): void {
  const reason = `UnrecogniedTaskError: Error loading task - ${why}`.slice(0, REASON_LENGTH_MAX)
  const cluster = task.taskClusterArn ?? parts.cluster
  parts.submissions.tell({ cluster, task: task.arn, status: "STOPPED", reason })
}

function roleCredentials({ roleCredentials, executionRoleCredentials }: TaskPayload) {
  return [roleCredentials, executionRoleCredentials].filter((credentials) => credentials !== undefined)
}

const REASON_LENGTH_MAX = 1024
