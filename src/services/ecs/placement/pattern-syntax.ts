/** A regular expression taken apart. A unit is one character of a value, as a number. */
export type Syntax =
  | { readonly kind: "unit"; readonly holds: (unit: number) => boolean }
  | { readonly kind: "start" | "end" }
  | { readonly kind: "sequence"; readonly parts: readonly Syntax[] }
  | { readonly kind: "choice"; readonly options: readonly Syntax[] }
  | { readonly kind: "repeat"; readonly part: Syntax; readonly min: number; readonly max: number | undefined }

export type ParsedPattern =
  | { readonly ok: true; readonly syntax: Syntax; readonly ignoresCase: boolean }
  | { readonly ok: false; readonly problem: string }

/** Takes what Java takes, or refuses it; see `compilePattern`. */
export function parsePattern(source: string): ParsedPattern {
  const ignoresCase = source.startsWith(IGNORE_CASE)
  const body = ignoresCase ? source.slice(IGNORE_CASE.length) : source
  try {
    return { ok: true, syntax: new PatternParser(body, ignoresCase).parse(), ignoresCase }
  } catch (error) {
    if (error instanceof BadPattern) return { ok: false, problem: error.message }
    throw error
  }
}

const IGNORE_CASE = "(?i)"

/** Java's way without asking for Unicode: only the letters of ASCII have two cases. */
export function foldedCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

class BadPattern extends Error {}

const DEPTH_MAX = 50
const REPEATS_MAX = 500

class PatternParser {
  readonly #source: string
  readonly #ignoresCase: boolean
  #at = 0
  #depth = 0

  constructor(source: string, ignoresCase: boolean) {
    this.#source = source
    this.#ignoresCase = ignoresCase
  }

  parse(): Syntax {
    const syntax = this.#choice()
    if (this.#at < this.#source.length) throw new BadPattern(`it has a ")" too many`)
    return syntax
  }

  #choice(): Syntax {
    if (++this.#depth > DEPTH_MAX) throw new BadPattern("its groups are too deep")
    const options = [this.#sequence()]
    while (this.#skip("|")) options.push(this.#sequence())
    this.#depth--
    return options.length === 1 ? options[0]! : { kind: "choice", options }
  }

  #sequence(): Syntax {
    const parts: Syntax[] = []
    while (this.#at < this.#source.length && !this.#sees("|") && !this.#sees(")")) {
      if (this.#skip("\\Q")) parts.push(...this.#quoted())
      else parts.push(this.#quantified(this.#atom()))
    }
    return { kind: "sequence", parts }
  }

  /** What follows the quotation repeats its last character only. */
  #quoted(): Syntax[] {
    const end = this.#source.indexOf("\\E", this.#at)
    const text = this.#source.slice(this.#at, end === -1 ? undefined : end)
    this.#at = end === -1 ? this.#source.length : end + 2
    const units = [...Array(text.length).keys()].map((index) => this.#unit(text.charCodeAt(index)))
    const last = units.pop()
    return last === undefined ? [] : [...units, this.#quantified(last)]
  }

  #atom(): Syntax {
    if (this.#skip("(")) return this.#group()
    if (this.#skip("[")) return { kind: "unit", holds: this.#class() }
    if (this.#skip(".")) return { kind: "unit", holds: (unit) => !LINE_ENDS.has(unit) }
    if (this.#skip("^")) return { kind: "start" }
    if (this.#skip("$")) return { kind: "end" }
    if (this.#skip("\\")) {
      const escaped = this.#escape()
      return typeof escaped === "number" ? this.#unit(escaped) : { kind: "unit", holds: escaped }
    }
    if (["*", "+", "?", "{"].some((sign) => this.#sees(sign))) {
      throw new BadPattern(`there is nothing for "${this.#source[this.#at]}" to repeat`)
    }
    return this.#unit(this.#source.charCodeAt(this.#at++))
  }

  #group(): Syntax {
    if (this.#skip("?") && !this.#skip(":") && !this.#skipName()) {
      throw new BadPattern("look-around and flags other than a leading (?i) are not supported")
    }
    const inner = this.#choice()
    if (!this.#skip(")")) throw new BadPattern(`it lacks a ")"`)
    return inner
  }

  #skipName(): boolean {
    const name = /^<[A-Za-z][A-Za-z0-9]*>/.exec(this.#source.slice(this.#at))?.[0]
    this.#at += name?.length ?? 0
    return name !== undefined
  }

  #quantified(part: Syntax): Syntax {
    const bounds = this.#quantifier()
    if (bounds === undefined) return part
    // What is matched as a whole does not care who takes more, so reluctant is the same as greedy.
    if (!this.#skip("?") && this.#sees("+")) throw new BadPattern("possessive quantifiers are not supported")
    return { kind: "repeat", part, ...bounds }
  }

  #quantifier(): { readonly min: number; readonly max: number | undefined } | undefined {
    if (this.#skip("*")) return { min: 0, max: undefined }
    if (this.#skip("+")) return { min: 1, max: undefined }
    if (this.#skip("?")) return { min: 0, max: 1 }
    if (!this.#sees("{")) return undefined
    const found = /^\{(\d{1,9})(,(\d{0,9}))?\}/.exec(this.#source.slice(this.#at))
    if (found === null) throw new BadPattern(`a "{" is not followed by numbers`)
    const [all, first, comma, second] = found
    this.#at += all.length
    const min = Number(first)
    const max = comma === undefined ? min : second === "" ? undefined : Number(second)
    if (max !== undefined && max < min) throw new BadPattern(`${all} has its numbers the wrong way round`)
    if (Math.max(min, max ?? 0) > REPEATS_MAX) throw new BadPattern("it repeats too much")
    return { min, max }
  }

  /** What stands behind a backslash: one character, or a kind of characters. */
  #escape(): number | ((unit: number) => boolean) {
    const letter = this.#source[this.#at++]
    if (letter === undefined) throw new BadPattern("it ends in a backslash")
    const kind = KINDS[letter]
    if (kind !== undefined) return kind
    const control = CONTROLS[letter]
    if (control !== undefined) return control
    if (letter === "x" || letter === "u") return this.#hexadecimal(letter === "x" ? 2 : 4)
    if (/[A-Za-z0-9]/.test(letter)) throw new BadPattern(`"\\${letter}" is not supported`)
    return letter.charCodeAt(0)
  }

  #hexadecimal(digits: number): number {
    const text = this.#source.slice(this.#at, this.#at + digits)
    if (text.length < digits || !/^[0-9A-Fa-f]+$/.test(text)) throw new BadPattern(`it lacks ${digits} digits`)
    this.#at += digits
    return Number.parseInt(text, 16)
  }

  /** Behind the opening bracket. */
  #class(): (unit: number) => boolean {
    const negated = this.#skip("^")
    const holds: ((unit: number) => boolean)[] = []
    do {
      if (this.#at >= this.#source.length) throw new BadPattern(`it lacks a "]"`)
      if (this.#sees("[") || this.#sees("&&")) throw new BadPattern("classes in classes are not supported")
      const low = this.#classUnit()
      if (typeof low !== "number") holds.push(low)
      else if (!this.#sees("-]") && this.#skip("-")) {
        const high = this.#classUnit()
        if (typeof high !== "number" || high < low) throw new BadPattern("a range in a class is the wrong way round")
        holds.push(this.#range(low, high))
      } else holds.push(this.#range(low, low))
    } while (!this.#skip("]"))
    return (unit) => holds.some((one) => one(unit)) !== negated
  }

  #classUnit(): number | ((unit: number) => boolean) {
    if (this.#skip("\\")) return this.#escape()
    if (this.#at >= this.#source.length) throw new BadPattern(`it lacks a "]"`)
    return this.#source.charCodeAt(this.#at++)
  }

  /** The value's letters come in small when case does not matter, so a range must hold for either case. */
  #range(low: number, high: number): (unit: number) => boolean {
    const inRange = (unit: number) => unit >= low && unit <= high
    if (!this.#ignoresCase) return inRange
    return (unit) => inRange(unit) || (unit >= SMALL_A && unit <= SMALL_Z && inRange(unit - SMALL_A + CAPITAL_A))
  }

  #unit(unit: number): Syntax {
    return { kind: "unit", holds: this.#range(unit, unit) }
  }

  #sees(text: string): boolean {
    return this.#source.startsWith(text, this.#at)
  }

  #skip(text: string): boolean {
    if (!this.#sees(text)) return false
    this.#at += text.length
    return true
  }
}

const CAPITAL_A = 65
const SMALL_A = 97
const SMALL_Z = 122
const LINE_ENDS: ReadonlySet<number> = new Set([0x0a, 0x0d, 0x85, 0x2028, 0x2029])

const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, f: 12, r: 13 }

const isDigit = (unit: number) => unit >= 48 && unit <= 57
const isWord = (unit: number) =>
  isDigit(unit) || unit === 95 || (unit >= CAPITAL_A && unit <= 90) || (unit >= SMALL_A && unit <= SMALL_Z)
const isSpace = (unit: number) => unit === 32 || (unit >= 9 && unit <= 13)

const KINDS: Readonly<Record<string, (unit: number) => boolean>> = {
  d: isDigit,
  D: (unit) => !isDigit(unit),
  w: isWord,
  W: (unit) => !isWord(unit),
  s: isSpace,
  S: (unit) => !isSpace(unit),
}
