import type { Tx } from "../../store/transaction.ts"
import { newHex } from "../../world/ids.ts"
import type { Random } from "../../world/world.ts"
import { type LogGroup, type LogStream, logGroups, logStreamKey, logStreams } from "./tables.ts"

/** Where events are put that another service delivers. */
export interface Delivered {
  readonly group: string
  readonly stream: string
}

/** Finds a stream of an account's log group for another service; what is not there is made, as AWS's services do it. */
export function deliver(
  { tx, now, random }: { readonly tx: Tx; readonly now: number; readonly random: Random },
  groupName: string,
  streamName: string,
): Delivered {
  const group = tx.get(logGroups, groupName) ?? newGroup(groupName, now, random)
  if (tx.get(logGroups, groupName) === undefined) tx.put(logGroups, group)
  const known = tx.get(logStreams, logStreamKey(group.id, streamName))
  if (known !== undefined) return { group: group.id, stream: known.id }
  const stream: LogStream = { groupId: group.id, name: streamName, id: newHex(random, ID_DIGITS), createdAt: now }
  tx.put(logStreams, stream)
  return { group: group.id, stream: stream.id }
}

function newGroup(name: string, createdAt: number, random: Random): LogGroup {
  return {
    name,
    id: newHex(random, ID_DIGITS),
    class: "STANDARD",
    retentionInDays: undefined,
    isProtected: false,
    tags: [],
    createdAt,
  }
}

const ID_DIGITS = 24
