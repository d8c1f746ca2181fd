import { compileFields } from "./fields.ts"
import { compileJson } from "./json.ts"
import { BadPattern } from "./reader.ts"
import { compileTerms } from "./terms.ts"

export { BadPattern } from "./reader.ts"

/**
 * AWS's language for choosing log events: terms, `{…}` for JSON, `[…]` for messages whose fields stand between spaces.
 * Throws `BadPattern` for what is none of them.
 */
export function compilePattern(pattern: string): (message: string) => boolean {
  if (pattern.length > LENGTH_MAX) throw new BadPattern(`it is longer than ${LENGTH_MAX} characters`)
  const text = pattern.trim()
  if (text.startsWith("{")) return compileJson(text)
  if (text.startsWith("[")) return compileFields(text)
  return compileTerms(text)
}

const LENGTH_MAX = 1_024
