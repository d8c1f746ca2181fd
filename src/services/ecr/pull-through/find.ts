import type { Tx } from "../../../store/transaction.ts"
import { ROOT } from "../repository/template.ts"
import { type PullThroughCacheRule, pullThroughCacheRules } from "./tables.ts"

/** The rule that a repository's name falls under: that of the longest prefix. */
export function ruleFor(tx: Tx, name: string): PullThroughCacheRule | undefined {
  if (tx.count(pullThroughCacheRules) === 0) return undefined
  const fitting = tx
    .all(pullThroughCacheRules)
    .filter(({ prefix }) => prefix === ROOT || name.startsWith(beginning(prefix)))
  return fitting.sort((a, b) => beginning(b.prefix).length - beginning(a.prefix).length)[0]
}

/** What a repository is called where its rule leads to. */
export function upstreamName({ prefix, upstreamPrefix }: PullThroughCacheRule, name: string): string {
  return `${beginning(upstreamPrefix)}${name.slice(beginning(prefix).length)}`
}

/** A slash ends every prefix, written or not. */
export function beginning(prefix: string): string {
  return prefix === ROOT ? "" : prefix.replace(/\/?$/, "/")
}
