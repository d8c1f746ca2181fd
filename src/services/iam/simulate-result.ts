import type * as sdk from "@aws-sdk/client-iam"
import { type Outcome, type Simulate, strictest } from "./policy/simulation.ts"

/** One for each action, as the strictest of what is decided for its resources; those follow one by one. */
export function resultOf(simulate: Simulate, action: string, resources: readonly string[]) {
  const outcomes = resources.map((resource) => ({ resource, ...simulate(action, resource) }))
  const decision = strictest(outcomes.map((outcome) => outcome.decision))
  const deciding = outcomes.filter((outcome) => outcome.decision === decision)
  const isOfAll = resources.length === 1 && resources[0] === "*"
  const boundaries = outcomes.flatMap(({ boundaryAllows }) => boundaryAllows ?? [])
  const seen = new Set<string>()
  return {
    EvalActionName: action,
    EvalResourceName: "*",
    EvalDecision: decision,
    MatchedStatements: deciding.flatMap(matchedStatements).filter((statement) => {
      const key = JSON.stringify(statement)
      return !seen.has(key) && seen.add(key)
    }),
    MissingContextValues: [...new Set(outcomes.flatMap(({ missing }) => missing))],
    ...(boundaries.length > 0 && {
      PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: boundaries.every(Boolean) },
    }),
    ...(!isOfAll && {
      EvalDecisionDetails: strictestDetails(outcomes),
      ResourceSpecificResults: outcomes.map(specific),
    }),
  }
}

function strictestDetails(outcomes: readonly Outcome[]): Outcome["details"] & object {
  const types = new Set(outcomes.flatMap(({ details = {} }) => Object.keys(details)))
  return Object.fromEntries(
    [...types].map((type) => [type, strictest(outcomes.flatMap(({ details }) => details?.[type] ?? []))]),
  )
}

function specific({ resource, ...outcome }: Outcome & { readonly resource: string }) {
  const { decision, missing, boundaryAllows, details } = outcome
  return {
    EvalResourceName: resource,
    EvalResourceDecision: decision,
    MatchedStatements: matchedStatements(outcome),
    MissingContextValues: [...missing],
    ...(details && { EvalDecisionDetails: details }),
    ...(boundaryAllows !== undefined && {
      PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: boundaryAllows },
    }),
  }
}

function matchedStatements({ matched }: Pick<Outcome, "matched">): sdk.Statement[] {
  return matched.map(({ policy, span }) => ({
    SourcePolicyId: policy.id,
    SourcePolicyType: policy.type,
    StartPosition: span?.start,
    EndPosition: span?.end,
  }))
}
