import type * as sdk from "@aws-sdk/client-iam"
import type { Call, Operations } from "../../aws/operations.ts"
import { compareStrings } from "../../base/ordering.ts"
import { type AccessKey, accessKeys, createAccessKey, rootKeys } from "../accounts/index.ts"
import { conflict, noSuchEntity, overQuota, unfit } from "./fault.ts"
import { permitted, userKind } from "./kind.ts"
import { listed } from "./listing.ts"
import { ownName } from "./user.ts"

const KEYS_MAX = 2

export const accessKeyOperations = {
  CreateAccessKey(call, { UserName }) {
    const holder = holderOf(call, UserName)
    if (keysOf(call, holder).length >= KEYS_MAX) throw overQuota("AccessKeysPerUser", KEYS_MAX)
    const { account, partition, now, random } = call
    const ofUser = holder.id !== undefined && { user: holder.id, ...(partition !== "aws" && { partition }) }
    const key = createAccessKey(call.tx, { account, ...ofUser, createdAt: now }, random)
    const { CreateDate, ...described } = describe(holder, key)
    return { AccessKey: { ...described, SecretAccessKey: call.keys.secretOf(key.id), CreateDate } }
  },

  ListAccessKeys(call, { UserName, ...input }) {
    const holder = holderOf(call, UserName)
    const { page, rest } = listed(call, input, keysOf(call, holder), ({ id }) => id, { user: holder.id })
    return { AccessKeyMetadata: page.map((key) => describe(holder, key)), ...rest }
  },

  UpdateAccessKey(call, { UserName, AccessKeyId, Status }) {
    const holder = holderOf(call, UserName)
    if (Status !== "Active" && Status !== "Inactive") {
      throw unfit(Status, "status", "Member must satisfy enum value set: [Active, Inactive]")
    }
    const { isInactive: _, ...key } = existing(call, holder, AccessKeyId!)
    if (Status === "Inactive") mustNotBeLast(call, holder, key)
    call.tx.anywhere.installation.put(accessKeys, Status === "Active" ? key : { ...key, isInactive: true })
    return {}
  },

  DeleteAccessKey(call, { UserName, AccessKeyId }) {
    const holder = holderOf(call, UserName)
    const key = existing(call, holder, AccessKeyId!)
    mustNotBeLast(call, holder, key)
    call.tx.anywhere.installation.delete(accessKeys, key.id)
    return {}
  },
} satisfies Operations<typeof sdk>

/** A user, or an account's root, which is none and has no id. */
interface Holder {
  readonly id: string | undefined
  readonly name: string | undefined
}

function holderOf(call: Call, sent: string | undefined): Holder {
  const name = sent ?? ownName(call)
  if (name !== undefined) return permitted(call, userKind, name)
  call.authorize(call.principal.arn)
  return { id: undefined, name: undefined }
}

function keysOf({ tx, account }: Call, { id }: Holder): readonly AccessKey[] {
  const keys = id === undefined ? rootKeys(tx, account) : tx.anywhere.installation.where(accessKeys, "user", id)
  return keys.toSorted((a, b) => compareStrings(a.id, b.id))
}

/** Root has no password here: without a key nobody could get into the account again. */
function mustNotBeLast(call: Call, holder: Holder, key: AccessKey): void {
  if (holder.id !== undefined) return
  if (keysOf(call, holder).some(({ id, isInactive }) => id !== key.id && !isInactive)) return
  throw conflict("This is the last key of the account's root that may be used. Create another one first.")
}

function existing(call: Call, holder: Holder, accessKeyId: string): AccessKey {
  const key = keysOf(call, holder).find(({ id }) => id === accessKeyId)
  if (key === undefined) throw noSuchEntity(`The Access Key with id ${accessKeyId} cannot be found.`)
  return key
}

function describe({ name }: Holder, { id, isInactive, createdAt }: AccessKey) {
  return {
    UserName: name,
    AccessKeyId: id,
    Status: isInactive ? ("Inactive" as const) : ("Active" as const),
    CreateDate: new Date(createdAt),
  }
}
