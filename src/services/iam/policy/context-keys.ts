import { parseDocument } from "./document.ts"
import { variablesOf } from "./text.ts"
import { TextCache } from "./text-cache.ts"

/** The condition keys that a document's decisions may depend on, as it writes them; each once. */
export function contextKeysOf(text: string): readonly string[] {
  return [...new Set(statementKeysOf(text).flat())]
}

/** The same of each of its statements. Simulations ask for many actions, and so again and again. */
export function statementKeysOf(text: string): readonly (readonly string[])[] {
  return known.get(text)
}

const known = new TextCache((text): readonly (readonly string[])[] => {
  const { version = "", statements = [] } = parseDocument(text) ?? {}
  const hasVariables = version === "2012-10-17"
  return statements.map(({ resources, conditions }) => {
    const texts = [...(resources?.listed ?? []), ...conditions.flatMap(({ values }) => values)]
    return [...conditions.map(({ key }) => key), ...texts.flatMap((one) => variablesOf(one, hasVariables))]
  })
}, 1024 * 1024)
