import { accountOfResource } from "../../../aws/authorizer.ts"
import { type CompiledPolicy, type CompiledStatement, compile, type PolicyRequest } from "./compile.ts"
import type { Context } from "./context.ts"
import { statementKeysOf } from "./context-keys.ts"
import { type Refusal, type ResourceSide, refusalOf, verdictsOf } from "./decide.ts"
import type { PolicySource } from "./identity.ts"
import type { Requester } from "./principal.ts"
import { type Span, statementSpans } from "./statement-position.ts"
import { TextCache } from "./text-cache.ts"

/** A policy that takes part in a simulation. */
export interface SimulatedPolicy extends Pick<PolicySource, "id" | "document"> {
  readonly type: PolicySource["type"] | "resource" | "none"
}

export interface Simulation {
  readonly policies: readonly SimulatedPolicy[]
  readonly boundary: string | undefined
  readonly resourcePolicy: string | undefined
  readonly requester: Extract<Requester, { kind: "identity" }>

  /** Whose the resources are whose ARNs do not say. */
  readonly owner: string
  readonly context: Context
}

export interface Outcome {
  readonly decision: Decision

  /** The statements that have decided. */
  readonly matched: readonly { readonly policy: SimulatedPolicy; readonly span: Span | undefined }[]

  /** Condition keys that statements about this action ask for, and that nobody gave. */
  readonly missing: readonly string[]
  readonly boundaryAllows: boolean | undefined

  /** What each side says, where two accounts have a say. */
  readonly details: Readonly<Record<string, Decision>> | undefined
}

export type Decision = "allowed" | "explicitDeny" | "implicitDeny"

/** Tells what would be decided if someone with these policies asked for something. */
export type Simulate = (action: string, resource: string) => Outcome

export function simulating(simulation: Simulation): Simulate {
  // What someone only tries out is forgotten with the request, and takes no room from policies that count.
  const compiled = new TextCache(compile)
  return (action, resource) => outcomeOf(simulation, (text) => compiled.get(text), action, resource)
}

type Compiled = (text: string) => CompiledPolicy

function outcomeOf(simulation: Simulation, compiledOf: Compiled, action: string, resource: string): Outcome {
  const { policies, boundary, resourcePolicy, requester, owner, context } = simulation
  const request: PolicyRequest = { action, resource, context }
  const side: ResourceSide = {
    policy: resourcePolicy === undefined ? undefined : compiledOf(resourcePolicy),
    governs: false,
    // What a resource's policy says is known only where it is part of the simulation.
    isOtherAccounts: resourcePolicy !== undefined && (accountOfResource(resource) || owner) !== requester.account,
  }
  const powers = {
    requester,
    identity: policies.map(({ document }) => compiledOf(document)),
    boundary: boundary === undefined ? undefined : compiledOf(boundary),
    session: undefined,
  }
  const verdicts = verdictsOf(powers, side, request)
  const decision = decisionOf(refusalOf(verdicts, side))
  const all = resourcePolicy === undefined ? policies : [...policies, resourceSource(resourcePolicy)]
  return {
    decision,
    matched: all.flatMap((policy) => matchedOf(policy, compiledOf(policy.document), simulation, request, decision)),
    missing: [...new Set(all.flatMap(({ document }) => missingOf(document, compiledOf(document), simulation, action)))],
    boundaryAllows: boundary === undefined ? undefined : says(verdicts.boundary) === "allowed",
    details: side.isOtherAccounts
      ? { "IAM Policy": says(verdicts.identity), "Resource Policy": says(verdicts.resource) }
      : undefined,
  }
}

function resourceSource(document: string): SimulatedPolicy {
  return { id: "ResourcePolicy", type: "resource", document }
}

function decisionOf(refusal: Refusal | undefined): Decision {
  if (refusal === undefined) return "allowed"
  return refusal.explicit ? "explicitDeny" : "implicitDeny"
}

function says({ isDenied, allows }: { readonly isDenied: boolean; readonly allows: unknown }): Decision {
  if (isDenied) return "explicitDeny"
  return allows === undefined ? "implicitDeny" : "allowed"
}

function matchedOf(
  policy: SimulatedPolicy,
  compiled: CompiledPolicy,
  { requester }: Simulation,
  request: PolicyRequest,
  decision: Decision,
) {
  if (decision === "implicitDeny") return []
  const spans = knownSpans.get(policy.document)
  const effect: CompiledStatement["effect"] = decision === "allowed" ? "Allow" : "Deny"
  return compiled
    .applying(request, policy.type === "resource" ? requester : undefined)
    .filter((statement) => statement.effect === effect)
    .map(({ index }) => ({ policy, span: spans[index] }))
}

const knownSpans = new TextCache(statementSpans, 1024 * 1024)

function missingOf(text: string, compiled: CompiledPolicy, { context }: Simulation, action: string): readonly string[] {
  const keys = statementKeysOf(text)
  return compiled
    .statementsFor(action)
    .flatMap(({ index }) => keys[index]!)
    .filter((key) => context.valuesOf(key.toLowerCase()) === undefined)
}

const SEVERITY: readonly Decision[] = ["explicitDeny", "implicitDeny", "allowed"]

/** The one that lets the least pass. */
export function strictest(decisions: readonly Decision[]): Decision {
  return SEVERITY.find((decision) => decisions.includes(decision)) ?? "allowed"
}
