/** Whether a UTF-16 unit of a text is of a kind. */
export type Holds = (unit: number) => boolean

const isDigit: Holds = (unit) => unit >= 48 && unit <= 57

export const isWord: Holds = (unit) =>
  isDigit(unit) || unit === 95 || (unit >= 65 && unit <= 90) || (unit >= 97 && unit <= 122)

const isSpace: Holds = (unit) => unit === 32 || (unit >= 9 && unit <= 13)

/** What a letter behind a backslash stands for, in the patterns that callers write. */
export const KINDS: Readonly<Record<string, Holds>> = {
  d: isDigit,
  D: (unit) => !isDigit(unit),
  w: isWord,
  W: (unit) => !isWord(unit),
  s: isSpace,
  S: (unit) => !isSpace(unit),
}
