import { compiledOf, type PolicyRequest, type Verdict } from "./compile.ts"
import { parseDocument } from "./document.ts"

/** Somebody who is no principal of an account: an AWS service, or who an issuer of web identities vouches for. */
export interface Outsider {
  readonly kind: "Service" | "Federated"

  /** As in `ecs-tasks.amazonaws.com`; for a web identity, the ARN of its provider. */
  readonly name: string
}

/** Whether a resource's own policy, such as a role's trust policy, allows an outsider to do this. */
export function trusts(document: string, outsider: Outsider, request: PolicyRequest): boolean {
  const verdict: Verdict = { isDenied: false, allows: undefined }
  compiledOf(document).ask(request, verdict, outsider)
  return verdict.allows !== undefined && !verdict.isDenied
}

/** The AWS principals that a policy names, for whoever keeps it to see that they are there. */
export function principalsNamed(document: string): readonly string[] {
  const { statements = [] } = parseDocument(document) ?? {}
  return statements.flatMap(({ principals }) =>
    principals === undefined || principals.listed === "*" ? [] : (principals.listed.AWS ?? []),
  )
}
