/** What became of a container, as far as anybody saw it. Kept in a file, since containerd forgets a process that ended. */
export interface Life {
  /** Absent until it was started for the first time. */
  readonly startedAt?: number
  readonly pid?: number

  /** Of the last start; absent while it runs. */
  readonly stoppedAt?: number
  readonly exitCode?: number

  /** It has ended, and nobody knows when and how. */
  readonly lost?: boolean
  readonly outOfMemory: boolean
}

export const UNBORN: Life = { outOfMemory: false }

export function statusOf({ startedAt, stoppedAt, lost }: Life): "created" | "running" | "stopped" {
  if (startedAt === undefined) return "created"
  return stoppedAt !== undefined || lost ? "stopped" : "running"
}
