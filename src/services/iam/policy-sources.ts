import { parseArn } from "../../aws/arn.ts"
import type { Tx } from "../../store/transaction.ts"
import { noSuchEntity } from "./fault.ts"
import { groupsOf } from "./group.ts"
import { named } from "./identity.ts"
import { groupKind, roleKind, userKind } from "./kind.ts"
import type { PolicySource, PolicySources } from "./policy/identity.ts"
import { documentOf, findPolicy, isOfAws } from "./policy-name.ts"
import type { Entity } from "./tables.ts"

/** All policies of a user, with those of its groups, of a group, or of a role of this account. */
export function policySourcesOf(tx: Tx, arn: string): PolicySources {
  const resource = parseArn(arn)?.resource ?? ""
  const user = named(tx, userKind, resource)
  if (user !== undefined) {
    const own = [
      ...sourcesOf(tx, "user", user),
      ...groupsOf(tx, user).flatMap((group) => sourcesOf(tx, "group", group)),
    ]
    return { policies: own, ...boundaryOf(tx, user.boundary) }
  }
  const role = named(tx, roleKind, resource)
  if (role !== undefined) return { policies: sourcesOf(tx, "role", role), ...boundaryOf(tx, role.boundary) }
  const group = named(tx, groupKind, resource)
  if (group !== undefined) return { policies: sourcesOf(tx, "group", group) }
  throw noSuchEntity(`The entity ${arn} cannot be found.`)
}

function sourcesOf(tx: Tx, type: "user" | "group" | "role", { attached, inline }: Entity): PolicySource[] {
  const managed = attached.flatMap((arn): PolicySource[] => {
    const policy = findPolicy(tx, arn)
    const document = documentOf(tx, arn)
    if (policy === undefined || document === undefined) return []
    return [{ id: policy.name, type: isOfAws(policy) ? "aws-managed" : "user-managed", document }]
  })
  return [...managed, ...Object.entries(inline).map(([id, document]) => ({ id, type, document }))]
}

function boundaryOf(tx: Tx, arn: string | undefined): Pick<PolicySources, "boundary"> {
  const boundary = arn === undefined ? undefined : documentOf(tx, arn)
  return boundary === undefined ? {} : { boundary }
}
