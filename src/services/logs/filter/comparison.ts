import { BadPattern, type Reader } from "./reader.ts"
import { compileRegex } from "./regex.ts"

/** What a field's value is compared with; a value is a field's text, or a JSON string, number or boolean. */
export type Comparison = (value: string | number | boolean) => boolean

/** Reads an operator and what is behind it. `end` says which characters end a word without quotes. */
export function readComparison(reader: Reader, end: RegExp): Comparison {
  reader.skipSpace()
  // Older examples of AWS have the two signs of "not equal" the other way round.
  const operator = ["!=", "=!", ">=", "<=", "=", ">", "<"].find((sign) => reader.skip(sign))
  if (operator === undefined) throw new BadPattern(`an operator is expected at ${reader.at}`)
  reader.skipSpace()
  const isNegated = operator === "!=" || operator === "=!"
  if (operator !== "=" && !isNegated) return numeric(operator, readNumber(reader.take(end)))

  const equals = readEquality(reader, end)
  return isNegated ? (value) => !equals(value) : equals
}

function readEquality(reader: Reader, end: RegExp): Comparison {
  if (reader.skip("%")) {
    const matches = compileRegex(reader.regex())
    return (value) => matches(String(value))
  }
  if (reader.skip('"')) return wildcard(reader.quoted('"'))
  const word = reader.take(end).trim()
  if (word === "") throw new BadPattern(`a value is expected at ${reader.at}`)
  if (!NUMBER.test(word)) return wildcard(word)
  const number = Number(word)
  return (value) => (typeof value === "string" ? value === word || numberIn(value) === number : value === number)
}

/** An asterisk stands for anything at the beginning and at the end, and for itself in between. */
function wildcard(pattern: string): Comparison {
  const isOpenBefore = pattern.startsWith("*")
  const isOpenBehind = pattern.length > 1 && pattern.endsWith("*")
  const core = pattern.slice(isOpenBefore ? 1 : 0, isOpenBehind ? -1 : undefined)
  return (value) => {
    const text = String(value)
    if (isOpenBefore && isOpenBehind) return text.includes(core)
    if (isOpenBefore) return text.endsWith(core)
    return isOpenBehind ? text.startsWith(core) : text === core
  }
}

function numeric(operator: string, bound: number): Comparison {
  const holds = {
    ">": (number: number) => number > bound,
    ">=": (number: number) => number >= bound,
    "<": (number: number) => number < bound,
    "<=": (number: number) => number <= bound,
  }[operator]!
  return (value) => {
    const number = typeof value === "string" ? numberIn(value) : value
    return typeof number === "number" && holds(number)
  }
}

function readNumber(word: string): number {
  const text = word.trim()
  if (!NUMBER.test(text)) throw new BadPattern(`"${text}" is not a number`)
  return Number(text)
}

function numberIn(text: string): number | undefined {
  return NUMBER.test(text) ? Number(text) : undefined
}

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i
