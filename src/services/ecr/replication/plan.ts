import { fitsPattern } from "../image/mutability.ts"
import type { Home } from "../names.ts"
import type { ReplicationRule } from "../tables.ts"

/** Where the images of a repository go, each registry once. */
export function destinationsOf(rules: readonly ReplicationRule[], name: string): readonly Home[] {
  const found = new Map<string, Home>()
  for (const { destinations, prefixes } of rules) {
    if (prefixes.length > 0 && !prefixes.some((prefix) => name.startsWith(prefix))) continue
    for (const { account, region } of destinations) found.set(`${account}/${region}`, { account, region })
  }
  return [...found.values()]
}

/** Whether a registry lets another account do this: its policy has to say so, and nothing in it otherwise. */
export function takesFrom(policy: string | undefined, source: string, action: string, resource: string): boolean {
  const { Statement = [] } = policy === undefined ? {} : (JSON.parse(policy) as { Statement?: Statement | Statement[] })
  const about = [Statement].flat().filter((statement) => isAbout(statement, { source, action, resource }))
  return about.some(({ Effect }) => Effect === "Allow") && !about.some(({ Effect }) => Effect === "Deny")
}

interface Statement {
  readonly Effect: string
  readonly Principal?: string | { readonly AWS?: string | readonly string[] }
  readonly Action?: string | readonly string[]
  readonly Resource?: string | readonly string[]
}

interface Asked {
  readonly source: string
  readonly action: string
  readonly resource: string
}

function isAbout(statement: Statement, { source, action, resource }: Asked): boolean {
  // Nobody makes a request here whose circumstances could be looked at: what depends on them does not allow, but may forbid.
  const isOpen = ["Condition", "NotAction", "NotResource", "NotPrincipal"].some((part) => part in statement)
  if (isOpen) return statement.Effect === "Deny"
  const { Principal, Action = [], Resource = "*" } = statement
  const principals = typeof Principal === "string" ? [Principal] : [Principal?.AWS ?? []].flat()
  return (
    principals.some(
      (name) => name === "*" || name === source || new RegExp(`^arn:[a-z-]+:iam::${source}:root$`).test(name),
    ) &&
    [Action].flat().some((pattern) => fitsPattern(pattern.toLowerCase(), action.toLowerCase())) &&
    [Resource].flat().some((pattern) => fitsPattern(pattern, resource))
  )
}
