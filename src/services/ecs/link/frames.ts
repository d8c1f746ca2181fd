import { assert } from "../../../base/assert.ts"
import type { Tx } from "../../../store/transaction.ts"
import { acsFromRegion } from "../../../wire/acs.ts"
import { attachedBy } from "../lifecycle/network.ts"
import type { Task } from "../tables/task.ts"
import { definitionByArn } from "../task-definition/find.ts"
import { interfaceToAttach } from "./owed.ts"
import { type TaskCredentials, taskPayload } from "./payload.ts"

/** What every message to an agent begins with. */
export interface Envelope {
  readonly messageId: string
  readonly clusterArn: string
  readonly containerInstanceArn: string
  readonly generatedAt: number
}

/** Agents count payloads and manifests alike and take no manifest whose number they have seen; so only manifests count up. */
export const PAYLOAD_NUMBER = 1

/**
 * One task for each message: one that the agent cannot make sense of would keep the others from being acknowledged.
 * `owner` is where the task lies.
 */
export function payloadFrame(
  owner: Tx,
  envelope: Envelope,
  task: Task,
  desiredStatus: "RUNNING" | "STOPPED",
  credentials: TaskCredentials,
): string {
  const definition = definitionByArn(owner, task.definitionArn)
  assert(definition !== undefined, `${task.arn} has lost its definition`)
  const tasks = [taskPayload(owner, task, definition, desiredStatus, credentials)]
  return acsFromRegion.encode("PayloadMessage", { ...envelope, seqNum: PAYLOAD_NUMBER, tasks })
}

/** New credentials under the ids that the task's containers know. */
export function credentialsFrames(
  newMessageId: () => string,
  { arn, clusterArn }: Task,
  { task, execution }: TaskCredentials,
): string[] {
  const of = { taskArn: arn, taskClusterArn: clusterArn }
  const told = [
    task && { roleType: "TaskApplication" as const, roleCredentials: task },
    execution && { roleType: "TaskExecution" as const, roleCredentials: execution },
  ]
  return told
    .filter((role) => role !== undefined)
    .map((role) => acsFromRegion.encode("IAMRoleCredentialsMessage", { messageId: newMessageId(), ...of, ...role }))
}

/** A message that is repeated gives the agent what is left of its time. */
export function attachFrame(envelope: Envelope, task: Task): string {
  return acsFromRegion.encode("AttachTaskNetworkInterfacesMessage", {
    ...envelope,
    taskArn: task.arn,
    taskClusterArn: task.clusterArn,
    waitTimeoutMs: Math.max(1, attachedBy(task)! - envelope.generatedAt),
    elasticNetworkInterfaces: [interfaceToAttach(task)!],
  })
}

/** The list of all that an instance should run. It starts nothing; by it an agent finds what it runs beside. */
export function manifestFrame(envelope: Envelope, timeline: number, wanted: readonly Task[]): string {
  const tasks = wanted.map(({ arn, clusterArn }) => ({
    taskArn: arn,
    taskClusterArn: clusterArn,
    desiredStatus: "RUNNING" as const,
  }))
  return acsFromRegion.encode("TaskManifestMessage", { ...envelope, timeline, tasks })
}
