import { arnOf, parseArn } from "../../aws/arn.ts"
import type { Conditions } from "../../aws/authorizer.ts"
import { CommonFault } from "../../aws/common-fault.ts"
import type { Call } from "../../aws/operations.ts"
import { resourceTagConditions } from "../../aws/tags.ts"
import { regionScope } from "../../store/changes.ts"
import type { Tx } from "../../store/transaction.ts"
import { checkLength, fault, invalidRequest } from "./fault.ts"
import { type Secret, secrets } from "./tables.ts"

/** A secret and where it lies, which may be another account. */
export interface FoundSecret {
  readonly secret: Secret
  readonly tx: Tx
}

export interface Permission {
  readonly conditions?: Conditions

  /** Where the action is not what the operation is called, as when many secrets are read at once. */
  readonly action?: string
}

/** The secret that an operation acts on, once it is known that the caller may; also one that waits to be deleted. */
export function permittedSecret(call: Call, secretId: string, permission: Permission = {}): FoundSecret {
  checkLength(secretId, "secretId", 1, 2048)
  const named = namedSecret(call, secretId)
  const secret = findSecret(named)
  ask(call, secret?.arn ?? named.arn, secretId, secret, permission)
  if (secret === undefined) throw notFound()
  return { secret, tx: named.tx }
}

/** The same where it must not be waiting for its deletion. */
export function permittedLiveSecret(call: Call, secretId: string, permission: Permission = {}): FoundSecret {
  const found = permittedSecret(call, secretId, permission)
  if (found.secret.deletion !== undefined) {
    throw invalidRequest("You can't perform this operation on the secret because it was marked for deletion.")
  }
  return found
}

function ask(
  call: Call,
  arn: string,
  secretId: string,
  secret: Secret | undefined,
  { action, conditions = {} }: Permission,
): void {
  const asked = { "secretsmanager:SecretId": secretId, ...(secret && tagConditions(secret)), ...conditions }
  const policy = secret && { document: secret.policy }
  try {
    if (action === undefined) call.authorize(arn, asked, policy)
    else call.authorizeAlso(action, arn, asked, policy)
  } catch (error) {
    if (!(error instanceof CommonFault)) throw error
    // It is told of what it named: the ARN would say whether such a secret is there, and how its name ends.
    throw new CommonFault(
      error.kind,
      error.message.replace(`on resource: ${arn} `, () => `on resource: ${secretId} `),
    )
  }
}

/** The service has a name of its own for the tags of a secret, beside everyone's. */
function tagConditions({ tags }: Secret): Conditions {
  const own = tags.map(({ key, value }) => [`secretsmanager:ResourceTag/${key}`, value])
  return { ...resourceTagConditions(tags), ...Object.fromEntries(own) }
}

interface NamedSecret {
  readonly arn: string
  readonly tx: Tx

  /** What follows `secret:` in the ARN, or the name as it was sent. */
  readonly name: string
  readonly isArn: boolean
}

export function namedSecret(call: Call, secretId: string): NamedSecret {
  const arn = secretId.startsWith("arn:") ? parseArn(secretId) : undefined
  if (arn?.service !== "secretsmanager" || !arn.resource.startsWith(SECRET)) {
    return { arn: secretArn(call, secretId), tx: call.tx, name: secretId, isArn: false }
  }
  // What lies in another region is asked for there. No secret is called by a whole ARN, so none is found here.
  if (arn.region !== call.region) return { arn: secretId, tx: call.tx, name: secretId, isArn: true }
  const tx = call.tx.anywhere.in(regionScope(arn.account, arn.region))
  return { arn: secretId, tx, name: arn.resource.slice(SECRET.length), isArn: true }
}

/** By name, by ARN, or by an ARN without the characters that were drawn for it. */
function findSecret({ arn, tx, name, isArn }: NamedSecret): Secret | undefined {
  if (isArn) {
    const secret = tx.get(secrets, arn)
    if (secret !== undefined) return secret
  }
  return tx.where(secrets, "name", name)[0]
}

export function secretArn(call: Pick<Call, "account" | "region">, name: string): string {
  return arnOf("secretsmanager", call, `${SECRET}${name}`)
}

export function notFound() {
  return fault("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

const SECRET = "secret:"
