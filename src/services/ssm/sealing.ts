import { CommonFault } from "../../aws/common-fault.ts"
import { Fault } from "../../aws/fault.ts"
import type { Call } from "../../aws/operations.ts"
import { assert } from "../../base/assert.ts"
import { open, openFor, seal, sealFor } from "../kms/index.ts"
import { fault } from "./fault.ts"
import type { Parameter, ParameterVersion } from "./tables.ts"

export interface Sealing extends Pick<ParameterVersion, "type" | "tier" | "keyId"> {
  readonly arn: string
  readonly version: number
}

/**
 * A SecureString is sealed by KMS in the caller's name. Others are not secret by their type; people put secrets into them
 * all the same, so the journal does not show them either.
 */
export function sealValue(call: Call, value: string, { arn, version, type, tier, keyId }: Sealing) {
  const bytes = Buffer.from(value)
  if (type !== "SecureString") {
    return seal(call.keys.derive(PURPOSE), bytes, aboutOf(arn, version), call.random).toString("base64")
  }
  const action = tier === "Standard" ? "kms:Encrypt" : "kms:GenerateDataKey"
  return translated(() => sealFor(call, bytes, { keyId: keyId ?? DEFAULT_KEY, context: contextOf(arn), action }))
}

/** The value; of a SecureString, what KMS made of it where it is not asked for in the clear. */
export function openValue(
  call: Call,
  { arn }: Pick<Parameter, "arn">,
  { version, sealed }: ParameterVersion,
  withDecryption: boolean,
): string {
  if (typeof sealed === "string") {
    const bytes = open(call.keys.derive(PURPOSE), Buffer.from(sealed, "base64"), aboutOf(arn, version))
    assert(bytes, `the value of ${arn} does not open under this installation's master key`)
    return bytes.toString()
  }
  if (!withDecryption) return sealed.body
  return Buffer.from(translated(() => openFor(call, sealed, contextOf(arn)))).toString()
}

/** What KMS says, as this service puts it. */
function translated<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof Fault && !(error instanceof CommonFault)) throw fault("InvalidKeyId", error.message)
    throw error
  }
}

function contextOf(arn: string): Readonly<Record<string, string>> {
  return { PARAMETER_ARN: arn }
}

function aboutOf(arn: string, version: number): string {
  return `${arn}:${version}`
}

export const DEFAULT_KEY = "alias/aws/ssm"
const PURPOSE = "ssm/v1"
