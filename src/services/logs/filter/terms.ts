import { BadPattern, Reader } from "./reader.ts"
import { compileRegex } from "./regex.ts"

type Matches = (message: string) => boolean

/**
 * Terms, phrases in quotes and regular expressions: all must be in the message, those with a minus must not, and of those
 * with a question mark one must. Beside others, terms with a question mark make no difference.
 */
export function compileTerms(pattern: string): Matches {
  const reader = new Reader(pattern)
  const all: Matches[] = []
  const none: Matches[] = []
  const any: Matches[] = []
  for (reader.skipSpace(); !reader.isAtEnd; reader.skipSpace()) {
    const kind = reader.skip("-") ? none : reader.skip("?") ? any : all
    reader.skipSpace()
    kind.push(readTerm(reader))
  }
  if (all.length === 0 && none.length === 0) return any.length === 0 ? () => true : (message) => holdsAny(any, message)
  return (message) => all.every((matches) => matches(message)) && !holdsAny(none, message)
}

function holdsAny(terms: readonly Matches[], message: string): boolean {
  return terms.some((matches) => matches(message))
}

function readTerm(reader: Reader): Matches {
  if (reader.skip("%")) return compileRegex(reader.regex())
  if (reader.skip('"')) {
    const phrase = reader.quoted('"')
    return (message) => message.includes(phrase)
  }
  const term = reader.take(/\S+/y)
  if (!/^[\p{L}\p{N}_]+$/u.test(term)) throw new BadPattern(`Invalid character(s) in term '${term}'`)
  return (message) => message.includes(term)
}
