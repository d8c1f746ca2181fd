/** A pattern in code units, with these two for `*` and `?`. */
export type Glob = readonly number[]
export const MANY = -1
export const ONE = -2

export type GlobTest = (text: string) => boolean

/**
 * Whether a text is like a pattern. Tenants write the patterns and choose the names that are held against them, so this
 * must not take the length of one times that of the other: everyone waits for it.
 */
export function globTest(glob: Glob): GlobTest {
  const [first = [], ...others] = piecesOf(glob)
  const last = others.pop()
  if (last === undefined) return (text) => text.length === first.length && standsAt(first, text, 0)
  const finders = others.filter(({ length }) => length > 0).map(finderOf)
  return (text) => {
    const lastStart = text.length - last.length
    if (lastStart < first.length || !standsAt(first, text, 0) || !standsAt(last, text, lastStart)) return false
    // Each `*` takes as little as it can, which leaves the most for what follows.
    let at = first.length
    for (const find of finders) {
      at = find(text, at)
      if (at === -1) return false
    }
    return at <= lastStart
  }
}

export function textOf(codes: Glob): string {
  let text = ""
  for (const code of codes) text += String.fromCharCode(code)
  return text
}

/** What stands between the `*`s. */
function piecesOf(glob: Glob): readonly Glob[] {
  const pieces: number[][] = [[]]
  for (const code of glob) {
    if (code === MANY) pieces.push([])
    else pieces.at(-1)!.push(code)
  }
  return pieces
}

function standsAt(piece: Glob, text: string, start: number): boolean {
  for (let index = 0; index < piece.length; index++) {
    if (piece[index] !== ONE && piece[index] !== text.charCodeAt(start + index)) return false
  }
  return true
}

/** Where a piece that stands at or behind a place ends for the first time; -1 for nowhere. */
type Finder = (text: string, from: number) => number

function finderOf(piece: Glob): Finder {
  if (piece.includes(ONE)) return gappedFinder(piece)
  const wanted = textOf(piece)
  return (text, from) => {
    const at = text.indexOf(wanted, from)
    return at === -1 ? -1 : at + wanted.length
  }
}

/** Keeps for each beginning of the piece, in a bit, whether the text up to here ends in it: 32 of them in one step. */
function gappedFinder(piece: Glob): Finder {
  const words = Math.ceil(piece.length / 32)
  const masks = new Map<number, Int32Array>()
  const gaps = new Int32Array(words)
  const mark = (mask: Int32Array, index: number) => {
    mask[index >> 5]! |= 1 << (index & 31)
  }
  for (const [index, code] of piece.entries()) if (code === ONE) mark(gaps, index)
  for (const [index, code] of piece.entries()) {
    if (code === ONE) continue
    const mask = masks.get(code) ?? gaps.slice()
    mark(mask, index)
    masks.set(code, mask)
  }
  const end = 1 << ((piece.length - 1) & 31)

  return (text, from) => {
    const seen = new Int32Array(words)
    for (let at = from; at < text.length; at++) {
      const mask = masks.get(text.charCodeAt(at)) ?? gaps
      let carried = 1
      for (let word = 0; word < words; word++) {
        const before = seen[word]!
        seen[word] = ((before << 1) | carried) & mask[word]!
        carried = before >>> 31
      }
      if ((seen[words - 1]! & end) !== 0) return at + 1
    }
    return -1
  }
}
