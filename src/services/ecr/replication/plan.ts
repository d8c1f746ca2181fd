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

/** Whether a registry takes the images of another account: its policy has to say so, and nothing in it otherwise. */
export function takesFrom(policy: string | undefined, source: string): boolean {
  const { Statement = [] } = policy === undefined ? {} : (JSON.parse(policy) as { Statement?: Statement | Statement[] })
  const about = [Statement].flat().filter((statement) => isAbout(statement, source))
  return about.some(({ Effect }) => Effect === "Allow") && !about.some(({ Effect }) => Effect === "Deny")
}

interface Statement {
  readonly Effect: string
  readonly Principal?: string | { readonly AWS?: string | readonly string[] }
  readonly Action?: string | readonly string[]
}

function isAbout({ Principal, Action }: Statement, source: string): boolean {
  const principals = typeof Principal === "string" ? [Principal] : [Principal?.AWS ?? []].flat()
  const actions = [Action ?? []].flat().map((action) => action.toLowerCase())
  return (
    principals.some(
      (name) => name === "*" || name === source || new RegExp(`^arn:[a-z-]+:iam::${source}:root$`).test(name),
    ) && actions.some((action) => ["*", "ecr:*", "ecr:replicate*", "ecr:replicateimage"].includes(action))
  )
}
