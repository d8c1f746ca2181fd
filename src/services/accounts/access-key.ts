import { newAccessKeyId } from "../../aws/credentials.ts"
import type { Tx } from "../../store/transaction.ts"
import type { Random } from "../../world/world.ts"
import { type AccessKey, accessKeys } from "./tables.ts"

/** The key's secret follows from the master key, so it is not kept, and anyone who may read the key's id cannot use it. */
export function createAccessKey(tx: Tx, properties: Omit<AccessKey, "id">, random: Random): AccessKey {
  const accessKey: AccessKey = { id: newAccessKeyId(random), ...properties }
  tx.anywhere.installation.put(accessKeys, accessKey)
  return accessKey
}
