import { type Holds, KINDS } from "../../../base/character-kind.ts"

/** A regular expression as a tree. */
export type Node =
  | { readonly kind: "unit"; readonly holds: Holds }
  | { readonly kind: "start" | "end" | "boundary" | "inside" }
  | { readonly kind: "sequence"; readonly parts: readonly Node[] }
  | { readonly kind: "choice"; readonly options: readonly Node[] }
  | { readonly kind: "repeat"; readonly part: Node; readonly min: number; readonly max: number }

/** Why a text is no regular expression, or not one that can be followed here. */
export class BadPattern extends Error {}

/** Reads all of what regular expressions have in common, but what would need to look back or ahead. */
export function parsePattern(source: string): Node {
  const parser = new Parser(source)
  const node = parser.choice()
  if (!parser.isAtEnd) throw new BadPattern("it has a ) too many")
  return node
}

class Parser {
  readonly #text: string
  #at = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length
  }

  choice(): Node {
    const options = [this.#sequence()]
    while (this.#skip("|")) options.push(this.#sequence())
    return options.length === 1 ? options[0]! : { kind: "choice", options }
  }

  #sequence(): Node {
    const parts: Node[] = []
    while (!this.isAtEnd && !this.#sees("|") && !this.#sees(")")) parts.push(this.#repeated(this.#part()))
    return { kind: "sequence", parts }
  }

  #part(): Node {
    if (this.#skip("^")) return { kind: "start" }
    if (this.#skip("$")) return { kind: "end" }
    if (this.#skip(".")) return { kind: "unit", holds: (unit) => unit !== 10 && unit !== 13 }
    if (this.#skip("[")) return { kind: "unit", holds: this.#class() }
    if (this.#skip("(")) return this.#group()
    if (/[*+?{]/.test(this.#text[this.#at]!)) throw new BadPattern("it repeats nothing")
    if (this.#skip("\\b")) return { kind: "boundary" }
    if (this.#skip("\\B")) return { kind: "inside" }
    return { kind: "unit", holds: holdsOf(this.#unit()) }
  }

  #group(): Node {
    if (this.#skip("?") && !this.#skip(":")) {
      if (this.#take(/<[A-Za-z][A-Za-z0-9]*>/y) === "")
        throw new BadPattern("it looks ahead or back, which is not supported")
    }
    if (++this.#depth > DEPTH_MAX) throw new BadPattern("its groups are too deep")
    const node = this.choice()
    this.#depth -= 1
    if (!this.#skip(")")) throw new BadPattern("it lacks a )")
    return node
  }

  #repeated(part: Node): Node {
    let node = part
    for (;;) {
      const bounds = this.#bounds()
      if (bounds === undefined) return node
      node = { kind: "repeat", part: node, ...bounds }
      // How eager it is makes no difference to whether it fits.
      this.#take(/[?+]/y)
      if (/[*+?{]/.test(this.#text[this.#at] ?? "")) throw new BadPattern("it repeats a repetition")
    }
  }

  #bounds(): { readonly min: number; readonly max: number } | undefined {
    if (this.#skip("*")) return { min: 0, max: Number.POSITIVE_INFINITY }
    if (this.#skip("+")) return { min: 1, max: Number.POSITIVE_INFINITY }
    if (this.#skip("?")) return { min: 0, max: 1 }
    if (!this.#sees("{")) return undefined
    const found = /^\{(\d{1,5})(,(\d{0,5}))?\}$/.exec(this.#take(/\{[^}]*\}/y))
    if (found === null) throw new BadPattern("it has a { without numbers behind it")
    const min = Number(found[1])
    const max = found[2] === undefined ? min : found[3] === "" ? Number.POSITIVE_INFINITY : Number(found[3])
    if (max < min) throw new BadPattern("it has its numbers the wrong way round")
    return { min, max }
  }

  /** Behind the opening bracket. */
  #class(): Holds {
    const negated = this.#skip("^")
    const parts: Holds[] = []
    for (let isFirst = true; isFirst || !this.#skip("]"); isFirst = false) {
      if (this.isAtEnd) throw new BadPattern("it lacks a ]")
      if (this.#sees("[") || this.#sees("&&"))
        throw new BadPattern("it has classes within classes, which are not supported")
      const low = this.#unit()
      const isRange = typeof low === "number" && this.#sees("-") && this.#text[this.#at + 1] !== "]"
      if (!isRange) {
        parts.push(holdsOf(low))
        continue
      }
      this.#skip("-")
      const high = this.isAtEnd ? undefined : this.#unit()
      if (typeof high !== "number" || high < low) throw new BadPattern("it has a range that is none")
      parts.push((unit) => unit >= low && unit <= high)
    }
    return (unit) => parts.some((holds) => holds(unit)) !== negated
  }

  #unit(): number | Holds {
    if (!this.#skip("\\")) return this.#text.charCodeAt(this.#at++)
    if (this.isAtEnd) throw new BadPattern("it ends in a backslash")
    const letter = this.#text[this.#at++]!
    const kind = KINDS[letter]
    if (kind !== undefined) return kind
    const control = CONTROLS[letter]
    if (control !== undefined) return control
    if (letter === "x" || letter === "u") {
      const digits = this.#take(letter === "x" ? /[0-9A-Fa-f]{2}/y : /[0-9A-Fa-f]{4}/y)
      if (digits === "") throw new BadPattern(`it lacks digits behind \\${letter}`)
      return Number.parseInt(digits, 16)
    }
    if (/[A-Za-z0-9]/.test(letter)) throw new BadPattern(`it has \\${letter}, which is not supported`)
    return letter.charCodeAt(0)
  }

  #sees(text: string): boolean {
    return this.#text.startsWith(text, this.#at)
  }

  #skip(text: string): boolean {
    if (!this.#sees(text)) return false
    this.#at += text.length
    return true
  }

  #take(sticky: RegExp): string {
    sticky.lastIndex = this.#at
    const [taken] = sticky.exec(this.#text) ?? [""]
    this.#at += taken.length
    return taken
  }
}

function holdsOf(unit: number | Holds): Holds {
  return typeof unit === "number" ? (other) => other === unit : unit
}

const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, f: 12, r: 13 }
const DEPTH_MAX = 50
