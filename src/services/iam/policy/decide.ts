import type { CompiledPolicy, PolicyRequest, Verdict } from "./compile.ts"
import type { Requester } from "./principal.ts"

/** Everything that has a say in what somebody may. */
export interface Powers {
  readonly requester: Requester

  /** Undefined for an account's root, which nothing has to allow. */
  readonly identity: readonly CompiledPolicy[] | undefined

  /** What is not allowed here as well is not allowed. */
  readonly boundary: CompiledPolicy | undefined

  /** The same, of a session that was made with policies of its own. */
  readonly session: readonly CompiledPolicy[] | undefined
}

/** What a resource has to say. */
export interface ResourceSide {
  readonly policy: CompiledPolicy | undefined

  /** Whether nobody may anything that its policy does not allow. */
  readonly governs: boolean
  readonly isOtherAccounts: boolean
}

export type PolicyType = "identity" | "resource" | "boundary" | "session"

/** Which kind of policy refuses; `explicit` when a statement says so, and not the lack of one. */
export interface Refusal {
  readonly explicit: boolean
  readonly by: PolicyType
}

/** What each kind of policy says by itself. */
export type Verdicts = Readonly<Record<PolicyType, Verdict>>

/** AWS's logic: undefined when the request is allowed. */
export function decide(powers: Powers, side: ResourceSide, request: PolicyRequest): Refusal | undefined {
  return refusalOf(verdictsOf(powers, side, request), side)
}

export function verdictsOf(powers: Powers, { policy }: ResourceSide, request: PolicyRequest): Verdicts {
  const { requester, identity, boundary, session } = powers
  return {
    identity: identity === undefined ? EVERYTHING : verdictOf(identity, request),
    resource: policy === undefined ? NOTHING : verdictOf([policy], request, requester),
    boundary: boundary === undefined ? EVERYTHING : verdictOf([boundary], request),
    session: session === undefined ? EVERYTHING : verdictOf(session, request),
  }
}

const EVERYTHING: Verdict = { isDenied: false, allows: "direct" }
const NOTHING: Verdict = { isDenied: false, allows: undefined }

function verdictOf(policies: readonly CompiledPolicy[], request: PolicyRequest, requester?: Requester): Verdict {
  const verdict: Verdict = { isDenied: false, allows: undefined }
  for (const policy of policies) policy.ask(request, verdict, requester)
  return verdict
}

export function refusalOf(verdicts: Verdicts, { governs, isOtherAccounts }: ResourceSide): Refusal | undefined {
  for (const by of ALL) if (verdicts[by].isDenied) return { explicit: true, by }

  const { allows } = verdicts.resource
  // Both accounts have to agree to what goes from one to the other.
  if (isOtherAccounts) return missing(verdicts, ["identity", "boundary", "session", "resource"])
  if (allows === "direct") return undefined
  // Whom a policy means by its role or user needs no other allowance, and stays within the role's bounds.
  if (allows === "identity") return missing(verdicts, ["boundary", "session"])
  if (governs && allows === undefined) return { explicit: false, by: "resource" }
  return missing(verdicts, ["identity", "boundary", "session"])
}

const ALL = ["identity", "resource", "boundary", "session"] as const

function missing(verdicts: Verdicts, types: readonly PolicyType[]): Refusal | undefined {
  for (const by of types) if (verdicts[by].allows === undefined) return { explicit: false, by }
  return undefined
}
