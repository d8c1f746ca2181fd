import { ANY, type Answer, NO_ERROR, NO_SUCH_NAME, type Question, TYPES } from "./message.ts"
import { canonicalName, find, type Names } from "./names.ts"

/** What becomes of a question. */
export type Resolution =
  | { readonly kind: "answered"; readonly code: number; readonly answers: readonly Answer[] }

  /** Somebody else has to be asked; of a chain of names that leads out of what we know, for its last one. */
  | { readonly kind: "forward"; readonly name: string; readonly found: readonly Answer[] }

/** Follows aliases for as long as they lead to names that are known here. */
export function resolve({ name, type }: Question, names: Names): Resolution {
  const answers: Answer[] = []
  let at = name
  for (let aliases = 0; aliases <= ALIASES_MAX; aliases++) {
    const found = find(names, at)
    if (found === undefined) return { kind: "forward", name: at, found: answers }
    const fitting = found.filter((answer) => type === ANY || TYPES[answer.type] === type)
    const alias = fitting.length > 0 ? undefined : found.find((answer) => answer.type === "CNAME")
    if (alias === undefined) {
      const isOwn = found.length > 0 || answers.length > 0 || names.records.has(at)
      return { kind: "answered", code: isOwn ? NO_ERROR : NO_SUCH_NAME, answers: [...answers, ...fitting] }
    }
    answers.push(alias)
    at = canonicalName(alias.value)
  }
  return { kind: "answered", code: NO_ERROR, answers }
}

const ALIASES_MAX = 8
