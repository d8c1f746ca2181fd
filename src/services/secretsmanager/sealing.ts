import { createHmac } from "node:crypto"
import { CommonFault } from "../../aws/common-fault.ts"
import { Fault } from "../../aws/fault.ts"
import type { Call } from "../../aws/operations.ts"
import { type Envelope, isManagedKey, openFor, sealFor } from "../kms/index.ts"
import { fault, invalid, invalidRequest } from "./fault.ts"
import type { FoundSecret } from "./find.ts"
import type { Secret, SecretVersion } from "./tables.ts"

export interface SentValue {
  readonly SecretString?: string | undefined
  readonly SecretBinary?: Uint8Array | undefined
}

export interface Value {
  readonly kind: SecretVersion["kind"]
  readonly bytes: Uint8Array
}

/** The value in a request, if it brings one. */
export function sentValue({ SecretString, SecretBinary }: SentValue): Value | undefined {
  if (SecretString !== undefined && SecretBinary !== undefined) {
    throw invalid("You can't specify both a binary secret value and a string secret value in the same secret.")
  }
  const bytes = SecretBinary ?? (SecretString === undefined ? undefined : Buffer.from(SecretString))
  if (bytes === undefined) return undefined
  if (bytes.length > VALUE_BYTES_MAX) {
    throw fault(
      "ValidationException",
      `1 validation error detected: Value at '${SecretBinary ? "secretBinary" : "secretString"}' failed to satisfy constraint: Member must have length less than or equal to ${VALUE_BYTES_MAX}`,
    )
  }
  return { kind: SecretBinary === undefined ? "string" : "binary", bytes }
}

/** As answers show a value. */
export function shownValue({ kind, bytes }: Value): { SecretString: string } | { SecretBinary: Uint8Array } {
  return kind === "binary" ? { SecretBinary: bytes } : { SecretString: Buffer.from(bytes).toString() }
}

export function sealValue(call: Call, { secret, tx }: FoundSecret, versionId: string, { bytes }: Value): Envelope {
  const { arn, kmsKeyId = DEFAULT_KEY } = secret
  if (kmsKeyId === DEFAULT_KEY && tx.scope !== call.tx.scope) throw notAcrossAccounts()
  return translated("EncryptionFailure", () =>
    sealFor(call, bytes, { keyId: kmsKeyId, owner: tx, context: contextOf(arn, versionId) }),
  )
}

export function openValue(call: Call, { tx }: FoundSecret, { secretArn, id, kind, sealed }: SecretVersion): Value {
  if (tx.scope !== call.tx.scope && isManagedKey(call, sealed.keyArn)) throw notAcrossAccounts()
  const bytes = translated("DecryptionFailure", () => openFor(call, sealed, contextOf(secretArn, id)))
  return { kind, bytes }
}

/** Says whether two values are the same to whoever has the installation's keys, and nothing to anyone else. */
export function fingerprintOf(call: Call, { arn }: Pick<Secret, "arn">, { kind, bytes }: Value): string {
  const key = call.keys.derive("secretsmanager/fingerprints/v1")
  return createHmac("sha256", key).update(`${arn}\n${kind}\n`).update(bytes).digest("base64")
}

/** What KMS says, as this service puts it. */
function translated<T>(failure: "EncryptionFailure" | "DecryptionFailure", work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof CommonFault && error.kind === "denied") {
      throw fault("AccessDeniedException", "Access to KMS is not allowed")
    }
    if (!(error instanceof Fault)) throw error
    const what = failure === "EncryptionFailure" ? "encrypt" : "decrypt"
    throw fault(
      failure,
      `Secrets Manager can't ${what} the protected secret text using the provided KMS key. ${error.message}`,
    )
  }
}

function notAcrossAccounts() {
  return invalidRequest(
    "You can't access a secret from a different AWS account if you encrypt the secret with the default KMS service key.",
  )
}

function contextOf(arn: string, versionId: string): Readonly<Record<string, string>> {
  return { SecretARN: arn, SecretVersionId: versionId }
}

export const DEFAULT_KEY = "alias/aws/secretsmanager"
const VALUE_BYTES_MAX = 65_536
