import type { TaskDefinitionFamilyStatus } from "@aws-sdk/client-ecs"
import type { Tx } from "../../../store/transaction.ts"
import { families, taskDefinitions } from "../tables/task-definition.ts"

/** The names of families in their order, from behind `after`, that begin so and are of the status. */
export function* familiesFrom(
  tx: Tx,
  prefix: string,
  status: TaskDefinitionFamilyStatus,
  after: string | undefined,
): Generator<string, undefined> {
  let behind = after
  if (behind === undefined && prefix !== "") {
    // What the prefix itself is the name of comes before all that is longer.
    if (tx.get(families, prefix) !== undefined && isOfStatus(tx, prefix, status)) yield prefix
    behind = prefix
  }
  for (;;) {
    const batch = tx.list(families, { after: behind, limit: BATCH })
    for (const { name } of batch) {
      if (!name.startsWith(prefix)) return
      if (isOfStatus(tx, name, status)) yield name
    }
    if (batch.length < BATCH) return
    behind = batch.at(-1)!.name
  }
}

/** A family is ACTIVE while any of its revisions is; one whose revisions are all gone is nothing any more. */
function isOfStatus(tx: Tx, family: string, status: TaskDefinitionFamilyStatus): boolean {
  const has = (each: string) => tx.some(taskDefinitions, "familyStatus", `${family} ${each}`)
  const isActive = has("ACTIVE")
  if (status === "ACTIVE") return isActive
  const isInactive = !isActive && (has("INACTIVE") || has("DELETE_IN_PROGRESS"))
  return status === "ALL" ? isActive || isInactive : isInactive
}

const BATCH = 100
