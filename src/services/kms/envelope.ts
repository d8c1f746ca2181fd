import { domainOf } from "../../aws/arn.ts"
import type { Conditions } from "../../aws/authorizer.ts"
import type { Call } from "../../aws/operations.ts"
import { assert } from "../../base/assert.ts"
import type { Tx } from "../../store/transaction.ts"
import { type FoundKey, namedKey } from "./find.ts"
import { decrypt, type EncryptionContext, encrypt } from "./material/ciphertext.ts"
import { currentKey } from "./material/current.ts"
import { open, seal } from "./material/seal.ts"
import { checkUsable, contextConditions, permittedNamedKey } from "./permit.ts"

/** Something that another service keeps: sealed under a key of its own, which lies beside it sealed under a key of KMS. */
export interface Envelope {
  readonly keyArn: string

  /** Base64. */
  readonly dataKey: string

  /** Base64. */
  readonly body: string
}

export interface Sealing {
  /** By id, ARN or alias; what is not an ARN is that of whoever owns what is sealed. */
  readonly keyId: string

  /** Where what is sealed belongs, if that is not the caller's own. */
  readonly owner?: Tx
  readonly context: EncryptionContext

  /** What AWS's own service would ask of the key. */
  readonly action?: "kms:Encrypt" | "kms:GenerateDataKey"
}

/**
 * Seals bytes in the caller's name: it must be allowed to use the key through the service that does this. The policies of
 * AWS's own keys let everyone of their account through who comes by the service that each is for, and nobody else.
 */
export function sealFor(call: Call, bytes: Uint8Array, sealing: Sealing): Envelope {
  const { keyId, owner = call.tx, context, action = "kms:GenerateDataKey" } = sealing
  const found = keyForService(call, keyId, owner, action, context)
  const { key, tx } = found
  const dataKey = call.random.bytes(DATA_KEY_BYTES)
  return {
    keyArn: key.arn,
    dataKey: encrypt(call, tx, key, dataKey, context).toString("base64"),
    body: seal(dataKey, bytes, BODY, call.random).toString("base64"),
  }
}

/** The bytes again, if the caller may decrypt with that key through the service that asks. */
export function openFor(call: Call, envelope: Envelope, context: EncryptionContext): Uint8Array {
  const { key, tx } = keyForService(call, envelope.keyArn, call.tx, "kms:Decrypt", context)
  const dataKey = decrypt(call.keys, tx, key, Buffer.from(envelope.dataKey, "base64"), context)
  const bytes = dataKey && open(dataKey, Buffer.from(envelope.body, "base64"), BODY)
  assert(bytes, `an envelope under ${key.arn} does not open`)
  return bytes
}

/** Whether AWS looks after that key; undefined where there is none. */
export function isManagedKey(call: Call, keyId: string): boolean | undefined {
  const found = currentKey(call, namedKey(call.tx, keyId))
  return found && found.key.manager === "AWS"
}

function keyForService(call: Call, keyId: string, owner: Tx, action: string, context: EncryptionContext): FoundKey {
  const conditions: Conditions = {
    ...contextConditions(context),
    "aws:ViaAWSService": true,
    "kms:ViaService": `${call.service}.${call.region}.${domainOf(call.partition)}`,
  }
  const found = permittedNamedKey(call, namedKey(owner, keyId), { action, conditions })
  checkUsable(found.key, "ENCRYPT_DECRYPT")
  return found
}

const DATA_KEY_BYTES = 32
const BODY = "homeport/envelope/v1"
