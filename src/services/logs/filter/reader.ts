/** A filter pattern that is not one; the message says why. */
export class BadPattern extends Error {
  override readonly name = "BadPattern"
}

/** Reads a pattern from left to right. */
export class Reader {
  readonly text: string
  at = 0

  constructor(text: string) {
    this.text = text
  }

  get isAtEnd(): boolean {
    return this.at >= this.text.length
  }

  skipSpace(): void {
    while (!this.isAtEnd && /\s/.test(this.text[this.at]!)) this.at += 1
  }

  sees(text: string): boolean {
    return this.text.startsWith(text, this.at)
  }

  skip(text: string): boolean {
    if (!this.sees(text)) return false
    this.at += text.length
    return true
  }

  /** A word of the language, in capitals or not, that does not go on. */
  skipWord(word: string): boolean {
    const end = this.at + word.length
    if (this.text.slice(this.at, end).toUpperCase() !== word || /\w/.test(this.text[end] ?? " ")) return false
    this.at = end
    this.skipSpace()
    return true
  }

  expect(text: string): void {
    if (!this.skip(text)) throw new BadPattern(`"${text}" is expected at ${this.at}`)
  }

  /** What `pattern`, which is sticky, finds here; empty when it finds nothing. */
  take(pattern: RegExp): string {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)?.[0] ?? ""
    this.at += found.length
    return found
  }

  /** Behind the opening mark, up to the closing one, where a backslash stands before a mark that is meant as such. */
  quoted(mark: string): string {
    let text = ""
    while (!this.skip(mark)) {
      if (this.isAtEnd) throw new BadPattern(`a closing ${mark} is missing`)
      if (this.sees("\\") && [mark, "\\"].includes(this.text[this.at + 1] ?? "")) this.at += 1
      text += this.text[this.at++]
    }
    return text
  }

  /** Behind the opening percent sign. A backslash stays with what is behind it, as both belong to the expression. */
  regex(): string {
    let text = ""
    while (!this.skip("%")) {
      if (this.isAtEnd) throw new BadPattern("a closing % is missing")
      if (this.sees("\\")) text += this.text[this.at++]
      if (!this.isAtEnd) text += this.text[this.at++]
    }
    return text
  }
}
