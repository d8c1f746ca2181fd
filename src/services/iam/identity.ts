import { parseArn } from "../../aws/arn.ts"
import type { Tag } from "../../aws/tags.ts"
import { regionScope } from "../../store/changes.ts"
import type { Tx } from "../../store/transaction.ts"
import { find, type Kind, roleKind, userKind } from "./kind.ts"
import type { Identity } from "./policy/identity.ts"
import { documentOf } from "./policy-name.ts"
import { type Entity, groups, type Role, type User } from "./tables.ts"

/** The user or role of an ARN, in whatever account; undefined where there is none, or none any more. */
export function identityOf({ anywhere }: Tx, arn: string): Identity | undefined {
  const parsed = parseArn(arn)
  if (parsed?.service !== "iam" || parsed.region !== "") return undefined
  const tx = anywhere.in(regionScope(parsed.account, "*"))
  const { resource } = parsed
  if (resource.startsWith("user/")) {
    const user = named(tx, userKind, resource)
    return user && describe(tx, arn, "user", user, [user, ...user.groups.flatMap((id) => tx.where(groups, "id", id))])
  }
  const role = resource.startsWith("role/") ? named(tx, roleKind, resource) : undefined
  return role && describe(tx, arn, "role", role, [role])
}

/** The role of an ARN, in whatever account. */
export function roleOf({ anywhere }: Tx, arn: string): Role | undefined {
  const parsed = parseArn(arn)
  if (parsed?.service !== "iam" || parsed.region !== "" || !parsed.resource.startsWith("role/")) return undefined
  return named(anywhere.in(regionScope(parsed.account, "*")), roleKind, parsed.resource)
}

/** Of a user or role that is not there: one made later under its name must not come into what it was promised. */
export function isGone(tx: Tx, principal: string): boolean {
  return /^arn:[^:]+:iam::\d{12}:(user|role)\//.test(principal) && identityOf(tx, principal) === undefined
}

/** Found by its name; a path that is not its own makes another ARN. */
export function named<R extends { readonly name: string; readonly path: string }>(
  tx: Tx,
  kind: Kind<R>,
  resource: string,
): R | undefined {
  const found = find(tx, kind, resource.slice(resource.lastIndexOf("/") + 1))
  return found !== undefined && resource === `${kind.type}${found.path}${found.name}` ? found : undefined
}

function describe(
  tx: Tx,
  arn: string,
  kind: Identity["kind"],
  { id, boundary, tags }: User | Role,
  sources: readonly Entity[],
): Identity {
  const policies: string[] = []
  for (const { attached, inline } of sources) {
    for (const policy of attached) {
      const document = documentOf(tx, policy)
      if (document !== undefined) policies.push(document)
    }
    for (const name in inline) policies.push(inline[name]!)
  }
  return {
    arn,
    kind,
    id,
    policies,
    // A boundary whose policy is gone bounds everything away.
    ...(boundary !== undefined && { boundary: documentOf(tx, boundary) ?? NOTHING_ALLOWED }),
    tags: valuesOf(tags),
  }
}

const NOTHING_ALLOWED = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Deny", Action: "*", Resource: "*" }],
})

function valuesOf(tags: readonly Tag[]): Readonly<Record<string, string>> {
  return tags.length === 0 ? NO_TAGS : Object.fromEntries(tags.map(({ key, value }) => [key, value]))
}

const NO_TAGS: Readonly<Record<string, string>> = {}
