/** Who asks: found from the access key that signed the request. */
export interface Principal {
  readonly account: string

  /** As GetCallerIdentity shows it. */
  readonly arn: string
  readonly userId: string
  readonly accessKeyId: string

  /** The actions that a key made for one purpose may use, as in `ecs:Poll` or `ecs:Submit*`; undefined for an account's root. */
  readonly only?: readonly string[]
}

/** The condition keys of a request, as in `{ "ecs:cluster": "arn:…" }`. */
export type Conditions = Readonly<Record<string, string | readonly string[] | boolean | number | undefined>>

/** Why a request is denied, for AWS's sentence. */
export interface Denial {
  readonly because: string
}

/** Decides whether a principal may do something. Behind it stands a simple rule until the IAM service brings policies. */
export type Authorizer = (
  principal: Principal,
  action: string,
  resource: string,
  conditions: Conditions,
) => Denial | undefined

/** An account's root may do everything in its own account; a key made for one purpose only what that needs. */
export const rootOnly: Authorizer = (principal, action, resource) => {
  const account = accountOfResource(resource)
  if (account !== "" && account !== principal.account) {
    return { because: `no resource-based policy allows the ${action} action` }
  }
  if (principal.only === undefined || principal.only.some((pattern) => matchesAction(pattern, action))) return undefined
  return { because: `no identity-based policy allows the ${action} action` }
}

/** The account in an ARN; empty for `*` and for ARNs that name none. */
function accountOfResource(resource: string): string {
  return resource.startsWith("arn:") ? (resource.split(":", 5)[4] ?? "") : ""
}

function matchesAction(pattern: string, action: string): boolean {
  return pattern.endsWith("*") ? action.startsWith(pattern.slice(0, -1)) : pattern === action
}
