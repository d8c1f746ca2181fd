import type { Tx } from "../../store/transaction.ts"
import { fault, overQuota } from "./fault.ts"
import { isGone } from "./identity.ts"
import { type PolicyKind, policyProblem } from "./policy/problem.ts"
import { principalsNamed } from "./policy/trust.ts"

const MANAGED_LENGTH_MAX = 6144
const TRUST_LENGTH_MAX = 2048
const SENT_LENGTH_MAX = 131_072

/** A policy's document as it will be kept, once it is known to be a good one. */
export function checkedIdentityDocument(document: string): string {
  return checked(document, "identity")
}

export function checkedManaged(document: string): string {
  if (lengthOf(document) > MANAGED_LENGTH_MAX) throw overQuota("PolicySize", MANAGED_LENGTH_MAX)
  return checked(document, "managed")
}

export function checkedTrust(tx: Tx, document: string): string {
  if (lengthOf(document) > TRUST_LENGTH_MAX) throw overQuota("ACLSizePerRole", TRUST_LENGTH_MAX)
  const trust = checked(document, "trust")
  const invalid = principalsNamed(trust).find((name) => !PRINCIPAL.test(name) || isGone(tx, name))
  if (invalid === undefined) return trust
  throw fault("MalformedPolicyDocumentException", `Invalid principal in policy: "AWS":"${invalid}"`)
}

/** Everyone, an account, or an id or ARN of somebody in one. */
const PRINCIPAL =
  /^(\*|\d{12}|A(IDA|ROA)[A-Z0-9]+|arn:aws[a-z-]*:(iam::\d{12}:(root|(user|role)\/.+)|sts::\d{12}:(assumed-role|federated-user)\/.+))$/

/** Blanks are free. */
export function lengthOf(document: string): number {
  return document.replaceAll(/\s/g, "").length
}

function checked(document: string, kind: PolicyKind): string {
  const problem = document.length > SENT_LENGTH_MAX ? "Policy document is too long." : policyProblem(document, kind)
  if (problem === undefined) return document
  throw fault("MalformedPolicyDocumentException", problem)
}
