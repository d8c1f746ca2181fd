/** Why an expression cannot be read, as the end of a sentence about it. */
export class BadQuery extends Error {}

/** Reads an expression from left to right. What a character means depends on what is expected, so there are no tokens. */
export class QueryReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  expectEnd(): void {
    this.#skipSpace()
    if (this.#at < this.#text.length) throw this.expected("and, or or the end")
  }

  skipSign(sign: string): boolean {
    this.#skipSpace()
    if (!this.#text.startsWith(sign, this.#at)) return false
    this.#at += sign.length
    return true
  }

  expectSign(sign: string): void {
    if (!this.skipSign(sign)) throw this.expected(`"${sign}"`)
  }

  /** A word only counts when it does not go on. */
  skipWord(word: string): boolean {
    this.#skipSpace()
    const end = this.#at + word.length
    if (!this.#text.startsWith(word, this.#at) || NAME_PART.test(this.#text.charAt(end))) return false
    this.#at = end
    return true
  }

  /** What a predicate is about, as in `attribute:ecs.os-type`; empty when there is nothing of the kind. */
  name(): string {
    return this.#take(NAME)
  }

  /** A value, in quotes or without; a quoted one has no escapes, as backslashes belong to regular expressions. */
  value(): string {
    const quoted = this.#quoted()
    if (quoted !== undefined) return quoted
    const value = this.#take(BARE)
    if (value === "") throw this.expected("a value")
    return value
  }

  /** Without quotes, a regular expression goes on to a space or to a parenthesis that it has not opened. */
  pattern(): string {
    const quoted = this.#quoted()
    if (quoted !== undefined) return quoted
    const start = this.#at
    let open = 0
    for (; this.#at < this.#text.length; this.#at++) {
      const character = this.#text.charAt(this.#at)
      if (/\s/.test(character)) break
      if (character === "(") open++
      if (character === ")" && --open < 0) break
    }
    if (this.#at === start) throw this.expected("a regular expression")
    return this.#text.slice(start, this.#at)
  }

  list(): string[] {
    this.expectSign("[")
    const values = [this.value()]
    while (this.skipSign(",")) values.push(this.value())
    this.expectSign("]")
    return values
  }

  expected(what: string): BadQuery {
    this.#skipSpace()
    const rest = this.#text.slice(this.#at, this.#at + 20)
    return new BadQuery(`${what} was expected ${rest === "" ? "at its end" : `at "${rest}"`}`)
  }

  #quoted(): string | undefined {
    this.#skipSpace()
    const quote = this.#text.charAt(this.#at)
    if (quote !== "'" && quote !== '"') return undefined
    const end = this.#text.indexOf(quote, this.#at + 1)
    if (end === -1) throw new BadQuery("a quotation does not end")
    const value = this.#text.slice(this.#at + 1, end)
    this.#at = end + 1
    return value
  }

  #take(sticky: RegExp): string {
    this.#skipSpace()
    sticky.lastIndex = this.#at
    const taken = sticky.exec(this.#text)?.[0] ?? ""
    this.#at += taken.length
    return taken
  }

  #skipSpace(): void {
    while (/\s/.test(this.#text.charAt(this.#at))) this.#at++
  }
}

// Each takes one character a step, whatever comes, so none of them goes back over the text.
const NAME = /[A-Za-z0-9_.:/\\@-]+/y
const NAME_PART = /[A-Za-z0-9_.:/\\@-]/
const BARE = /(?:[^\s"'()[\],&|]|&(?!&)|\|(?!\|))+/y
