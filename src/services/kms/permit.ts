import type { Conditions, ResourcePolicy } from "../../aws/authorizer.ts"
import { CommonFault } from "../../aws/common-fault.ts"
import type { Call } from "../../aws/operations.ts"
import { resourceTagConditions } from "../../aws/tags.ts"
import { accountOf } from "../../store/changes.ts"
import { fault } from "./fault.ts"
import { type FoundKey, type NamedKey, namedKey, notFound } from "./find.ts"
import { policyOf, type Terms } from "./grant-policy.ts"
import type { EncryptionContext } from "./material/ciphertext.ts"
import { currentKey } from "./material/current.ts"
import { aliases, type Grant, type Key } from "./tables.ts"

export interface Rehearsal {
  readonly DryRun?: boolean | undefined
}

export interface Permission extends Rehearsal {
  readonly conditions?: Conditions

  /** Where the action is not what the operation is called, as with the two of ReEncrypt. */
  readonly action?: string

  /** The grant that is to be retired, which may say itself who may do that. */
  readonly retired?: Grant

  /** The grant that is to be made: whoever may make it by a grant of its own hands on no more than that. */
  readonly handedOn?: Terms
}

/** The key that an operation acts on, once it is known that the caller may. Another account's is let through by its policy. */
export function permittedKey(call: Call, keyId: string, permission: Permission = {}): FoundKey {
  return permittedNamedKey(call, namedKey(call.tx, keyId), permission)
}

export function permittedNamedKey(call: Call, named: NamedKey, permission: Permission): FoundKey {
  const found = currentKey(call, named)
  if (accountOf(named.tx.scope) !== call.account) return permittedForeignKey(call, named, found, permission)
  if (found === undefined) {
    // Who may not do this at all learns nothing of which keys there are, and nothing would have succeeded.
    ask(call, named.arn, { ...permission, DryRun: false })
    throw notFound(named)
  }
  permitOn(call, found, permission)
  return found
}

/** Whoever is kept out of another account's key learns neither whether it is there nor which one an alias stands for. */
function permittedForeignKey(
  call: Call,
  { arn }: NamedKey,
  found: FoundKey | undefined,
  permission: Permission,
): FoundKey {
  if (found === undefined) throw unseen(call, arn, permission.action)
  try {
    permitOn(call, found, permission)
  } catch (error) {
    throw error instanceof CommonFault ? unseen(call, arn, permission.action) : error
  }
  return found
}

/** The same for operations that never reach into another account. */
export function permittedOwnKey(call: Call, keyId: string, permission: Permission = {}): Key {
  const { key, tx } = permittedKey(call, keyId, permission)
  if (tx.scope !== call.tx.scope) throw unseen(call, key.arn)
  return key
}

/** The same for what changes a key: AWS's own stay as they are. */
export function permittedCustomerKey(call: Call, keyId: string, permission: Permission = {}): Key {
  const key = permittedOwnKey(call, keyId, permission)
  if (key.manager === "AWS") throw new CommonFault("denied", `${key.arn} is managed by AWS and cannot be changed.`)
  return key
}

export function permitOn(call: Call, found: FoundKey, permission: Permission = {}): void {
  const conditions = { ...keyConditions(call, found), ...permission.conditions }
  ask(call, found.key.arn, { ...permission, conditions }, policyOf(call, found, permission))
}

function ask(call: Call, arn: string, { action, conditions, DryRun }: Permission, policy?: ResourcePolicy): void {
  if (action === undefined) call.authorize(arn, conditions, policy)
  else call.authorizeAlso(action, arn, conditions, policy)
  if (DryRun) throw fault("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.")
}

/** What policies may ask of every use of a key. */
export function keyConditions({ principal }: Pick<Call, "principal">, { key, tx, requestAlias }: FoundKey): Conditions {
  return {
    "kms:CallerAccount": principal.account,
    "kms:KeySpec": key.spec,
    "kms:KeyUsage": usageOf(key),
    "kms:KeyOrigin": "AWS_KMS",
    "kms:MultiRegion": false,
    "kms:ResourceAliases": tx.where(aliases, "key", key.id).map(({ name }) => name),
    ...(requestAlias !== undefined && { "kms:RequestAlias": requestAlias }),
    ...resourceTagConditions(key.tags),
  }
}

/** What policies may ask of what is encrypted or decrypted. */
export function contextConditions(context: EncryptionContext): Conditions {
  const pairs = Object.entries(context).map(([key, value]) => [`kms:EncryptionContext:${key}`, value])
  const keys = Object.keys(context)
  return {
    "kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
    ...Object.fromEntries(pairs),
    ...(keys.length > 0 && { "kms:EncryptionContextKeys": keys }),
  }
}

export function usageOf({ spec }: Pick<Key, "spec">): "ENCRYPT_DECRYPT" | "GENERATE_VERIFY_MAC" {
  return spec === "SYMMETRIC_DEFAULT" ? "ENCRYPT_DECRYPT" : "GENERATE_VERIFY_MAC"
}

/** A key that can be used for this now. */
export function checkUsable({ arn, state, ...key }: Key, usage: ReturnType<typeof usageOf>): void {
  if (state === "Disabled") throw fault("DisabledException", `${arn} is disabled.`)
  if (state === "PendingDeletion") throw fault("KMSInvalidStateException", `${arn} is pending deletion.`)
  if (usageOf(key) !== usage) {
    throw fault(
      "InvalidKeyUsageException",
      `${arn} key usage is ${usageOf(key)} which is not valid for this operation.`,
    )
  }
}

export function refusePending({ arn, state }: Key): void {
  if (state === "PendingDeletion") throw fault("KMSInvalidStateException", `${arn} is pending deletion.`)
}

/** What AWS says of every key that lies elsewhere and is not for the caller, be it there or not. */
function unseen({ principal, action }: Call, arn: string, asked = action): CommonFault {
  return new CommonFault(
    "denied",
    `User: ${principal.arn} is not authorized to perform: ${asked} on resource: ${arn} because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access`,
  )
}
