import type { TaskPayload } from "../../../src/wire/task.ts"

/** What an agent keeps on its machine's disk: all that it has left after it was killed. */
export interface AgentDisk {
  containerInstanceArn: string | undefined
  manifestNumber: number
  readonly tasks: Map<string, KnownTask>
}

export type AgentStatus = "NONE" | "PENDING" | "RUNNING" | "STOPPED"

export interface KnownTask {
  readonly payload: TaskPayload
  wanted: "RUNNING" | "STOPPED"
  status: AgentStatus

  /** The newest status that the region has answered for, and the newest that it has taken. */
  told: AgentStatus
  taken: AgentStatus
  exitCode: number | undefined
  reason: string | undefined
  stoppedAt: number | undefined
}

export function emptyDisk(): AgentDisk {
  return { containerInstanceArn: undefined, manifestNumber: 0, tasks: new Map() }
}

/** As when a machine is cloned, identity and all. */
export function copyOf({ containerInstanceArn, manifestNumber, tasks }: AgentDisk): AgentDisk {
  const copies = [...tasks].map(([arn, task]): [string, KnownTask] => [arn, { ...task }])
  return { containerInstanceArn, manifestNumber, tasks: new Map(copies) }
}
