import { arnOf, parseArn } from "../../aws/arn.ts"
import { accountOf, regionOf, regionScope } from "../../store/changes.ts"
import type { Tx } from "../../store/transaction.ts"
import { fault } from "./fault.ts"
import { aliases, type Key, keys } from "./tables.ts"

/** A key and where it lies, which may be another account. */
export interface FoundKey {
  readonly key: Key
  readonly tx: Tx

  /** The alias by which it was asked for. */
  readonly requestAlias: string | undefined
}

/** A key as a caller names it, before anyone looks whether it is there. */
export interface NamedKey {
  readonly arn: string

  /** The key's own id, or the name of an alias. */
  readonly name: string
  readonly tx: Tx
}

/** By id, ARN, alias or the ARN of an alias. What is not an ARN is the caller's own, in its region. */
export function namedKey(tx: Tx, keyId: string): NamedKey {
  const home = { account: accountOf(tx.scope), region: regionOf(tx.scope) }
  if (!keyId.startsWith("arn:")) {
    const resource = keyId.startsWith(ALIAS) ? keyId : `key/${keyId}`
    return { arn: arnOf("kms", home, resource), name: keyId, tx }
  }
  const arn = parseArn(keyId)
  if (arn?.service !== "kms" || !/^(key|alias)\//.test(arn.resource) || arn.account === "") {
    throw fault("InvalidArnException", `${keyId.slice(0, 80)} is not a valid ARN of a key or an alias.`)
  }
  if (arn.region !== home.region) {
    throw fault("NotFoundException", `Invalid arn ${arn.region}`)
  }
  const name = arn.resource.startsWith(ALIAS) ? arn.resource : arn.resource.slice("key/".length)
  return { arn: keyId, name, tx: tx.anywhere.in(regionScope(arn.account, arn.region)) }
}

export function findKey({ name, tx }: NamedKey): FoundKey | undefined {
  if (!name.startsWith(ALIAS)) {
    const key = tx.get(keys, name)
    return key && { key, tx, requestAlias: undefined }
  }
  const alias = tx.get(aliases, name)
  return alias && { key: tx.mustGet(keys, alias.keyId), tx, requestAlias: name }
}

export function notFound({ arn, name }: NamedKey) {
  if (name.startsWith(ALIAS)) return fault("NotFoundException", `Alias ${arn} is not found.`)
  if (!UUID.test(name)) return fault("NotFoundException", `Invalid keyId '${name.slice(0, 80)}'`)
  return fault("NotFoundException", `Key '${arn}' does not exist`)
}

/** What changes a key names the key itself: an alias may have been moved since it was looked at. */
export function refuseAlias(keyId: string): void {
  if (/^(arn:[^/]*:)?alias\//.test(keyId)) throw fault("NotFoundException", `Invalid keyId '${keyId.slice(0, 80)}'`)
}

export const ALIAS = "alias/"
const UUID = /^(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/
