import { readComparison } from "./comparison.ts"
import { readCondition } from "./condition.ts"
import { BadPattern, Reader } from "./reader.ts"

/** `{ $.user.id = 1 && $.flags[0] IS TRUE }`, over messages that are JSON objects or arrays. */
export function compileJson(pattern: string): (message: string) => boolean {
  const reader = new Reader(pattern)
  reader.expect("{")
  const holds = readCondition(reader, () => readTest(reader))
  reader.skipSpace()
  reader.expect("}")
  if (!reader.isAtEnd) throw new BadPattern("something stands behind the closing }")
  return (message) => {
    const document = parsed(message)
    return document !== undefined && holds(document)
  }
}

function parsed(message: string): unknown {
  // Most messages that are no JSON are known by their first character, which is cheaper than an exception.
  if (!/^\s*[{[]/.test(message)) return undefined
  try {
    return JSON.parse(message)
  } catch {
    return undefined
  }
}

function readTest(reader: Reader): (document: unknown) => boolean {
  const path = readSelector(reader)
  reader.skipSpace()
  if (reader.skipWord("NOT")) {
    if (!reader.skipWord("EXISTS")) throw new BadPattern(`EXISTS is expected at ${reader.at}`)
    return (document) => select(document, path).length === 0
  }
  if (reader.skipWord("EXISTS")) return (document) => select(document, path).length > 0
  if (reader.skipWord("IS")) {
    const wanted = reader.skipWord("NULL")
      ? null
      : reader.skipWord("TRUE")
        ? true
        : reader.skipWord("FALSE")
          ? false
          : undefined
    if (wanted === undefined) throw new BadPattern(`NULL, TRUE or FALSE is expected at ${reader.at}`)
    return (document) => select(document, path).includes(wanted)
  }
  const holds = readComparison(reader, /[^\s&|)}]+/y)
  // Only what is a value can be compared; an object, a list or nothing is neither equal nor unequal.
  return (document) => select(document, path).some((found) => isValue(found) && holds(found))
}

/** A property's name, an element's number, or all of them. */
type Step = string | number | typeof EVERY
const EVERY = Symbol("every element or property")

function readSelector(reader: Reader): readonly Step[] {
  reader.skipSpace()
  reader.expect("$")
  const path: Step[] = []
  for (;;) {
    if (reader.skip(".")) {
      if (reader.sees("[")) continue
      if (reader.skip("*")) path.push(EVERY)
      else path.push(nameIn(reader))
    } else if (reader.skip("[")) {
      path.push(elementIn(reader))
      reader.expect("]")
    } else break
  }
  if (path.length === 0) throw new BadPattern("a selector names no property")
  if (path.filter((step) => step === EVERY).length > 1) throw new BadPattern("a selector has more than one wildcard")
  return path
}

function nameIn(reader: Reader): string {
  const name = reader.take(/[\p{L}\p{N}_\-@]+/uy)
  if (name === "") throw new BadPattern(`a property's name is expected at ${reader.at}`)
  return name
}

function elementIn(reader: Reader): Step {
  if (reader.skip("*")) return EVERY
  const mark = ["'", '"'].find((quote) => reader.skip(quote))
  if (mark !== undefined) return reader.quoted(mark)
  const digits = reader.take(/\d{1,9}/y)
  if (digits === "") throw new BadPattern(`an element's number is expected at ${reader.at}`)
  return Number(digits)
}

function select(document: unknown, path: readonly Step[]): readonly unknown[] {
  let found: unknown[] = [document]
  for (const step of path) found = found.flatMap((within) => stepInto(within, step))
  return found
}

function stepInto(within: unknown, step: Step): unknown[] {
  if (typeof within !== "object" || within === null) return []
  if (step === EVERY) return Object.values(within)
  if (typeof step === "number") return Array.isArray(within) && step < within.length ? [within[step]] : []
  return !Array.isArray(within) && Object.hasOwn(within, step) ? [(within as Record<string, unknown>)[step]] : []
}

function isValue(found: unknown): found is string | number | boolean {
  return typeof found === "string" || typeof found === "number" || typeof found === "boolean"
}
