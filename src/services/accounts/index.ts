/**
 * Accounts and their root keys. This is no AWS service but what AWS's sign-up page is: `homeport account create` makes
 * an account, and each looks like a new AWS account. Users, roles and policies inside one are the IAM service's.
 */
import { globalArnOf } from "../../aws/arn.ts"
import type { Principal } from "../../aws/principal.ts"
import type { Tx } from "../../store/transaction.ts"
import { newDigits } from "../../world/ids.ts"
import type { Random } from "../../world/world.ts"
import { createAccessKey } from "./access-key.ts"
import {
  type AccessKey,
  type Account,
  accessKeys,
  accounts,
  type Installation,
  installations,
  joinTokens,
} from "./tables.ts"

export const accountTables = [accounts, accessKeys, installations, joinTokens]
export { createAccessKey } from "./access-key.ts"
export { createJoinToken, redeemJoinToken } from "./joining.ts"
export {
  type AccessKey,
  type Account,
  accessKeys,
  accounts,
  type Installation,
  installations,
  type Place,
} from "./tables.ts"

/** Makes an account with an access key for its root. */
export function createAccount(tx: Tx, now: number, random: Random): { account: Account; accessKey: AccessKey } {
  const { installation } = tx.anywhere
  let id = newDigits(random, 12)
  while (id.startsWith("0") || installation.get(accounts, id) !== undefined) id = newDigits(random, 12)
  const account: Account = { id, createdAt: now }
  installation.put(accounts, account)
  return { account, accessKey: createAccessKey(tx, { account: id, createdAt: now }, random) }
}

/** The installation's record, made at its first start together with the first account. */
export function openInstallation(tx: Tx, masterKeyCheck: string, now: number, random: Random): Installation {
  const { installation } = tx.anywhere
  const existing = installation.get(installations, "installation")
  if (existing !== undefined) return existing
  const { account } = createAccount(tx, now, random)
  const made: Installation = { key: "installation", masterKeyCheck, firstAccount: account.id, createdAt: now }
  installation.put(installations, made)
  return made
}

/** The key, if it is there and may be used. */
export function activeKey({ anywhere }: Tx, accessKeyId: string): AccessKey | undefined {
  const accessKey = anywhere.installation.get(accessKeys, accessKeyId)
  return accessKey?.isInactive ? undefined : accessKey
}

/** The keys of an account's root; those of its users and machines are not among them. */
export function rootKeys({ anywhere }: Tx, account: string): readonly AccessKey[] {
  const keys = anywhere.installation.where(accessKeys, "account", account)
  return keys.filter(({ user, only }) => user === undefined && only === undefined)
}

/** Which root, or machine, an access key stands for in a region; undefined when there is no such key, and for users' keys. */
export function principalOf(tx: Tx, accessKeyId: string, region: string): Principal | undefined {
  const accessKey = activeKey(tx, accessKeyId)
  if (accessKey === undefined || accessKey.user !== undefined) return undefined
  return rootPrincipal({ account: accessKey.account, region }, accessKeyId, accessKey.only)
}

export function rootPrincipal(
  { account, region }: { readonly account: string; readonly region: string },
  accessKeyId: string,
  only?: readonly string[],
): Principal {
  const arn = globalArnOf("iam", { account, region }, "root")
  return { account, arn, userId: account, accessKeyId, ...(only && { only }) }
}
