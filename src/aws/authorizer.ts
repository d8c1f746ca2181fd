import type { Tx } from "../store/transaction.ts"
import type { Caller } from "./operations.ts"

/** The condition keys of a request, as in `{ "ecs:cluster": "arn:…" }`. What every request has is added where policies are read. */
export type Conditions = Readonly<Record<string, string | readonly string[] | boolean | number | undefined>>

/** The same for each of the resources that are asked about, worked out when a policy first wants to know one of them. */
export type ConditionsOf = (resource: string) => Conditions

/** What a resource says of itself about who may use it. */
export interface ResourcePolicy {
  /** JSON, as its owner wrote it; undefined for a resource without one. */
  readonly document: string | undefined

  /** Whose the resource is, where its ARN does not say, as those of buckets do not. */
  readonly owner?: string

  /** Whether nobody may anything without it, as with the policies of keys and with those that say who is trusted with a role. */
  readonly governs?: boolean
}

/** May this caller do this to that? */
export interface Question {
  readonly tx: Tx
  readonly caller: Caller

  /** As in `ecs:RunTask`. */
  readonly action: string
  readonly resource: string
  readonly conditions: Conditions
  readonly policy: ResourcePolicy | undefined
}

/** Why a request is denied, as AWS's sentence ends: `because no identity-based policy allows the ecs:RunTask action`. */
export interface Denial {
  readonly words: string
}

/** Decides whether a caller may do something; undefined when it may. */
export type Authorizer = (question: Question) => Denial | undefined

/** An account's root may do everything in its own account; a key made for one purpose only what that needs. */
export const rootOnly: Authorizer = ({ caller: { principal }, action, resource, policy }) => {
  const owner = policy?.owner ?? accountOfResource(resource)
  if (owner !== "" && owner !== principal.account) {
    return { words: `because no resource-based policy allows the ${action} action` }
  }
  if (principal.only === undefined || principal.only.some((pattern) => matchesAction(pattern, action))) return undefined
  return { words: `because no identity-based policy allows the ${action} action` }
}

/** The account in an ARN; empty for `*` and for ARNs that name none. */
export function accountOfResource(resource: string): string {
  return resource.startsWith("arn:") ? (resource.split(":", 5)[4] ?? "") : ""
}

/** Whether a key that was made for some purposes may do this. */
export function matchesAction(pattern: string, action: string): boolean {
  return pattern.endsWith("*") ? action.startsWith(pattern.slice(0, -1)) : pattern === action
}
