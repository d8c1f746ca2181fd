import { type Holds, KINDS } from "../../../base/character-kind.ts"
import { BadPattern, Reader } from "./reader.ts"

/**
 * Regular expressions as filter patterns have them: without groups, so that one is a choice between sequences of
 * characters that repeat. All places are followed at once, so that no expression can make a message take long.
 */
export function compileRegex(source: string): (text: string) => boolean {
  if (/[^\w:#=@/;,\-^$?[\]{}|\\*+.\s]/.test(source)) {
    throw new BadPattern("a regular expression has a character that is not supported")
  }
  const options = new RegexParser(source).parse()
  const steps: Step[] = []
  const starts: number[] = []
  for (const parts of options) {
    starts.push(steps.length)
    for (const part of parts) addSteps(steps, part)
    steps.push({ kind: "match" })
  }
  if (steps.length > STEPS_MAX) throw new BadPattern("a regular expression repeats too much")
  return (text) => matches(steps, starts, text)
}

type Part =
  | { readonly kind: "unit"; readonly holds: Holds; readonly min: number; readonly max: number }
  | { readonly kind: "start" | "end" }

/** One place in an expression; the next one follows it in the list. */
type Step =
  | { readonly kind: "unit"; readonly holds: Holds }
  | { readonly kind: "many"; readonly holds: Holds }
  | { readonly kind: "maybe"; readonly holds: Holds }
  | { readonly kind: "start" | "end" | "match" }

function addSteps(steps: Step[], part: Part): void {
  if (part.kind !== "unit") {
    steps.push(part)
    return
  }
  const { holds, min, max } = part
  for (let count = 0; count < min; count++) steps.push({ kind: "unit", holds })
  if (max === Number.POSITIVE_INFINITY) steps.push({ kind: "many", holds })
  else for (let count = min; count < max; count++) steps.push({ kind: "maybe", holds })
}

function matches(steps: readonly Step[], starts: readonly number[], text: string): boolean {
  let places: number[] = []
  let next: number[] = []
  const seen = new Int32Array(steps.length).fill(-1)
  let found = false

  /** Goes on from a place as far as no character is needed. */
  const enter = (into: number[], place: number, at: number) => {
    for (let reached = place; ; reached++) {
      if (seen[reached] === at) return
      seen[reached] = at
      const step = steps[reached]!
      if (step.kind === "match") {
        found = true
        return
      }
      if (step.kind === "start" && at > 0) return
      if (step.kind === "end" && at < text.length) return
      if (step.kind === "unit" || step.kind === "many" || step.kind === "maybe") into.push(reached)
      if (step.kind === "unit") return
    }
  }

  for (let at = 0; ; at++) {
    for (const start of starts) enter(places, start, at)
    if (found) return true
    if (at === text.length) return false
    const unit = text.charCodeAt(at)
    for (const place of places) {
      const step = steps[place] as Extract<Step, { holds: Holds }>
      if (step.holds(unit)) enter(next, step.kind === "many" ? place : place + 1, at + 1)
    }
    if (found) return true
    places.length = 0
    ;[places, next] = [next, places]
  }
}

class RegexParser {
  readonly #reader: Reader

  constructor(source: string) {
    this.#reader = new Reader(source)
  }

  parse(): Part[][] {
    const options: Part[][] = [[]]
    while (!this.#reader.isAtEnd) {
      if (this.#reader.skip("|")) options.push([])
      else options.at(-1)!.push(this.#part())
    }
    return options
  }

  #part(): Part {
    const reader = this.#reader
    if (reader.skip("^")) return { kind: "start" }
    if (reader.skip("$")) return { kind: "end" }
    if (reader.skip("[")) return this.#repeated(this.#class())
    if (reader.skip(".")) return this.#repeated((unit) => unit !== 10 && unit !== 13)
    if (/[*+?{\]}]/.test(reader.text[reader.at]!)) {
      throw new BadPattern(`a regular expression has ${reader.text[reader.at]} where it means nothing`)
    }
    return this.#repeated(holdsOf(this.#unit()))
  }

  #repeated(holds: Holds): Part {
    const reader = this.#reader
    if (reader.skip("*")) return { kind: "unit", holds, min: 0, max: Number.POSITIVE_INFINITY }
    if (reader.skip("+")) return { kind: "unit", holds, min: 1, max: Number.POSITIVE_INFINITY }
    if (reader.skip("?")) return { kind: "unit", holds, min: 0, max: 1 }
    if (!reader.sees("{")) return { kind: "unit", holds, min: 1, max: 1 }
    const bounds = /^\{(\d{1,4})(,\s*(\d{0,4}))?\}$/.exec(reader.take(/\{[^}]*\}/y))
    if (bounds === null) throw new BadPattern("a regular expression has { without numbers behind it")
    const min = Number(bounds[1])
    const max = bounds[2] === undefined ? min : bounds[3] === "" ? Number.POSITIVE_INFINITY : Number(bounds[3])
    if (max < min) throw new BadPattern("a regular expression has its numbers the wrong way round")
    return { kind: "unit", holds, min, max }
  }

  /** Behind the opening bracket. */
  #class(): Holds {
    const reader = this.#reader
    const negated = reader.skip("^")
    const parts: Holds[] = []
    while (!reader.skip("]")) {
      if (reader.isAtEnd) throw new BadPattern("a regular expression lacks a ]")
      const low = this.#unit()
      const isRange = typeof low === "number" && reader.sees("-") && reader.text[reader.at + 1] !== "]"
      if (!isRange) {
        parts.push(holdsOf(low))
        continue
      }
      reader.skip("-")
      const high = reader.isAtEnd ? undefined : this.#unit()
      if (typeof high !== "number" || high < low) throw new BadPattern("a regular expression has a range that is none")
      parts.push((unit) => unit >= low && unit <= high)
    }
    return (unit) => parts.some((holds) => holds(unit)) !== negated
  }

  #unit(): number | Holds {
    const reader = this.#reader
    if (!reader.skip("\\")) return reader.text.charCodeAt(reader.at++)
    if (reader.isAtEnd) throw new BadPattern("a regular expression ends in a backslash")
    const letter = reader.text[reader.at++]!
    const kind = KINDS[letter]
    if (kind !== undefined) return kind
    if (letter === "t") return 9
    if (letter === "n") return 10
    if (letter === "r") return 13
    if (letter === "x") {
      const digits = reader.take(/[0-9A-Fa-f]{2}/y)
      if (digits === "") throw new BadPattern("a regular expression lacks two digits behind \\x")
      return Number.parseInt(digits, 16)
    }
    if (/\w/.test(letter)) throw new BadPattern(`a regular expression has \\${letter}, which is not supported`)
    return letter.charCodeAt(0)
  }
}

function holdsOf(unit: number | Holds): Holds {
  return typeof unit === "number" ? (other) => other === unit : unit
}

/** Each costs time with each character of a message, and nobody writes as many. */
const STEPS_MAX = 256
