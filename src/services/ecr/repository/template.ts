import type { Tx } from "../../../store/transaction.ts"
import { type CreationTemplate, creationTemplates, type TemplatePurpose } from "../tables.ts"

/** The template that a repository is made by which nobody has made by hand: that of the longest prefix. */
export function templateFor(tx: Tx, name: string, purpose: TemplatePurpose): CreationTemplate | undefined {
  const fitting = tx
    .all(creationTemplates)
    .filter(
      ({ prefix, appliedFor }) => appliedFor.includes(purpose) && (prefix === ROOT || name.startsWith(`${prefix}/`)),
    )
  return fitting.sort((a, b) => lengthOf(b) - lengthOf(a))[0]
}

export const ROOT = "ROOT"

function lengthOf({ prefix }: CreationTemplate): number {
  return prefix === ROOT ? 0 : prefix.length
}
