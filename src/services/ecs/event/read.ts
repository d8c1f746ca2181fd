import type { Tx } from "../../../store/transaction.ts"
import type { EcsEvent } from "../tables/event.ts"
import { taskEventDetail } from "./task.ts"

/** What an event tells, in AWS's words: the `detail` that a bus hands on. */
export function eventDetail(tx: Tx, { told, time }: EcsEvent): object {
  return "task" in told ? taskEventDetail(tx, told.task, time) : told.detail
}

/** The version that an event gives to what it tells of; undefined for one that has no versions. */
export function eventVersion({ told }: EcsEvent): number | undefined {
  return "task" in told ? told.task.version : (told.detail as { readonly version?: number }).version
}
