import type * as sdk from "@aws-sdk/client-kms"
import type { Operations } from "../../aws/operations.ts"
import { controller, on } from "../../store/controller.ts"
import type { Tx } from "../../store/transaction.ts"
import { checkWhole, fault } from "./fault.ts"
import { refuseAlias } from "./find.ts"
import { permittedCustomerKey, refusePending } from "./permit.ts"
import { aliases, grants, keyMaterialKey, keyMaterials, keys } from "./tables.ts"

export const deletionOperations = {
  ScheduleKeyDeletion(call, input) {
    refuseAlias(input.KeyId!)
    const { PendingWindowInDays: pendingWindowInDays = 30 } = input
    checkWhole(pendingWindowInDays, "pendingWindowInDays", 7, 30)
    const conditions = { "kms:ScheduleKeyDeletionPendingWindowInDays": pendingWindowInDays }
    const key = permittedCustomerKey(call, input.KeyId!, { conditions })
    refusePending(key)
    const deletionAt = call.now + pendingWindowInDays * DAY_MS
    call.tx.put(keys, { ...key, state: "PendingDeletion", deletionAt, pendingWindowInDays })
    return {
      KeyId: key.arn,
      DeletionDate: new Date(deletionAt),
      KeyState: "PendingDeletion",
      PendingWindowInDays: pendingWindowInDays,
    }
  },

  /** The key is disabled then: whoever wanted it gone has to say that it may be used again. */
  CancelKeyDeletion(call, input) {
    refuseAlias(input.KeyId!)
    const key = permittedCustomerKey(call, input.KeyId!)
    if (key.state !== "PendingDeletion") {
      throw fault("KMSInvalidStateException", `${key.arn} is not pending deletion.`)
    }
    call.tx.put(keys, { ...key, state: "Disabled", deletionAt: undefined, pendingWindowInDays: undefined })
    return { KeyId: key.arn }
  },
} satisfies Operations<typeof sdk>

/** Destroys a key and all that belongs to it once its waiting period is over. */
export const keyDeletion = controller({
  name: "kms/deletion",
  wakes: [on(keys, ({ id, deletionAt }) => (deletionAt === undefined ? undefined : id))],

  reconcile({ tx, now, wakeAt, again }, id) {
    const key = tx.get(keys, id)
    if (key?.deletionAt === undefined) return
    if (key.deletionAt > now) return wakeAt(key.deletionAt)
    // A key may have more grants than one turn has time for.
    const granted = tx.list(grants, { where: ["key", id], limit: GRANTS_PER_TURN })
    for (const grant of granted) tx.delete(grants, grant.id)
    if (granted.length === GRANTS_PER_TURN) return again()
    destroy(tx, id)
  },
})

function destroy(tx: Tx, id: string): void {
  for (const { version } of tx.where(keyMaterials, "key", id)) tx.delete(keyMaterials, keyMaterialKey(id, version))
  for (const { name } of tx.where(aliases, "key", id)) tx.delete(aliases, name)
  tx.delete(keys, id)
}

const GRANTS_PER_TURN = 500
const DAY_MS = 24 * 60 * 60 * 1000
