import type * as sdk from "@aws-sdk/client-secrets-manager"
import { Fault } from "../../aws/fault.ts"
import type { Operations } from "../../aws/operations.ts"
import { controller, on } from "../../store/controller.ts"
import type { Tx } from "../../store/transaction.ts"
import { invalid, invalidRequest } from "./fault.ts"
import { type FoundSecret, namedSecret, permittedSecret } from "./find.ts"
import { secrets, secretVersionKey, secretVersions } from "./tables.ts"

export const deletionOperations = {
  DeleteSecret(call, input) {
    const { ForceDeleteWithoutRecovery: forced = false, RecoveryWindowInDays: days } = input
    const conditions = {
      "secretsmanager:RecoveryWindowInDays": days,
      "secretsmanager:ForceDeleteWithoutRecovery": forced,
    }
    const found = deleted(forced, () => permittedSecret(call, input.SecretId!, { conditions }))
    if (forced && days !== undefined) {
      throw invalid("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
    }
    if (days !== undefined && (days < 7 || days > 30)) {
      throw invalid("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).")
    }
    // Whoever forces it wants it gone, and it is.
    if (found === undefined) {
      const { arn, name } = namedSecret(call, input.SecretId!)
      return { ARN: arn, Name: name, DeletionDate: new Date(call.now) }
    }
    const { secret, tx } = found
    if (secret.deletion !== undefined && !forced) {
      throw invalidRequest(
        "You can't perform this operation on the secret because it was already scheduled for deletion.",
      )
    }
    const dueAt = forced ? call.now : call.now + (days ?? 30) * DAY_MS
    if (forced) purge(tx, secret.arn)
    else tx.put(secrets, { ...secret, deletion: { askedAt: call.now, dueAt } })
    return { ARN: secret.arn, Name: secret.name, DeletionDate: new Date(dueAt) }
  },

  RestoreSecret(call, input) {
    const { secret, tx } = permittedSecret(call, input.SecretId!)
    tx.put(secrets, { ...secret, deletion: undefined })
    return { ARN: secret.arn, Name: secret.name }
  },
} satisfies Operations<typeof sdk>

/** Purges secrets whose time to be restored is over. */
export const secretPurge = controller({
  name: "secretsmanager/purge",
  wakes: [on(secrets, ({ arn, deletion }) => (deletion === undefined ? undefined : arn))],

  reconcile({ tx, now, wakeAt }, arn) {
    const dueAt = tx.get(secrets, arn)?.deletion?.dueAt
    if (dueAt === undefined) return
    if (dueAt > now) return wakeAt(dueAt)
    purge(tx, arn)
  },
})

function purge(tx: Tx, arn: string): void {
  for (const { id } of tx.where(secretVersions, "secret", arn)) tx.delete(secretVersions, secretVersionKey(arn, id))
  tx.delete(secrets, arn)
}

function deleted(forced: boolean, find: () => FoundSecret): FoundSecret | undefined {
  try {
    return find()
  } catch (error) {
    if (forced && error instanceof Fault && error.code === "ResourceNotFoundException") return undefined
    throw error
  }
}

const DAY_MS = 24 * 60 * 60 * 1000
