import type { LogGroupClass } from "@aws-sdk/client-cloudwatch-logs"
import type { Tag } from "../../aws/tags.ts"
import { table } from "../../store/table.ts"

// Times are milliseconds since 1970 throughout. Log events are in no table: see segments/event-store.ts.

export interface LogGroup {
  readonly name: string

  /** What the store of events knows it by. A group of the same name that is made later has another. */
  readonly id: string
  readonly class: LogGroupClass
  readonly retentionInDays: number | undefined
  readonly isProtected: boolean
  readonly tags: readonly Tag[]
  readonly createdAt: number
}

export const logGroups = table({
  name: "logs/groups",
  version: 1,
  key: (group: LogGroup) => group.name,
})

export interface LogStream {
  readonly groupId: string
  readonly name: string

  /** What the store of events knows it by. */
  readonly id: string
  readonly createdAt: number
}

/** A group's id has one length, so that its streams are in the order of their names. */
export function logStreamKey(groupId: string, name: string): string {
  return `${groupId}/${name}`
}

export const logStreams = table({
  name: "logs/streams",
  version: 1,
  key: ({ groupId, name }: LogStream) => logStreamKey(groupId, name),
  indexes: { group: ({ groupId }) => groupId, id: ({ id }) => id },
})

/** A stream that was deleted while its group stays: its events are to be forgotten. */
export interface DeletedStream {
  readonly id: string
  readonly deletedAt: number
}

/** By then its segments have been merged, or wait for the group's retention. */
const DELETED_MS = 30 * 24 * 60 * 60 * 1000

export const deletedStreams = table({
  name: "logs/deleted-streams",
  version: 1,
  key: (stream: DeletedStream) => stream.id,
  retention: { until: ({ deletedAt }) => deletedAt + DELETED_MS },
})
