import { type PolicyDocument, parseDocument, type Statement } from "./document.ts"
import { variablesOf } from "./text.ts"

/** The condition keys that a document's decisions may depend on, as it writes them; each once. */
export function contextKeysOf(text: string): readonly string[] {
  const document = parseDocument(text)
  return [...new Set(document?.statements.flatMap((statement) => statementKeys(document, statement)))]
}

export function statementKeys({ version }: PolicyDocument, { resources, conditions }: Statement): readonly string[] {
  const texts = [...(resources?.listed ?? []), ...conditions.flatMap(({ values }) => values)]
  const hasVariables = version === "2012-10-17"
  return [...conditions.map(({ key }) => key), ...texts.flatMap((text) => variablesOf(text, hasVariables))]
}
