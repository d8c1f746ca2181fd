const WORD_BITS = 32

/**
 * Which of many places are taken. Above the bits lies a level with one bit for each full word, and so on up to a single
 * word, so a free place is found in a few steps, however many are taken.
 */
export class Places {
  readonly #levels: Uint32Array[] = []
  #taken = 0

  constructor(count: number) {
    let bits = count
    do {
      const words = Math.ceil(bits / WORD_BITS)
      const level = new Uint32Array(words)
      // Bits behind the end are taken for good, so that they are never found.
      if (bits % WORD_BITS !== 0) level[words - 1] = (ALL << (bits % WORD_BITS)) >>> 0
      this.#levels.push(level)
      bits = words
    } while (bits > 1)
  }

  get taken(): number {
    return this.#taken
  }

  take(place: number): void {
    this.#taken += 1
    let at = place
    for (const level of this.#levels) {
      const word = at >>> 5
      level[word] = (level[word]! | (1 << (at & 31))) >>> 0
      if (level[word] !== ALL) return
      at = word
    }
  }

  free(place: number): void {
    this.#taken -= 1
    let at = place
    for (const level of this.#levels) {
      const word = at >>> 5
      const wasFull = level[word] === ALL
      level[word] = (level[word]! & ~(1 << (at & 31))) >>> 0
      if (!wasFull) return
      at = word
    }
  }

  /** The first free place that is not before `from`. */
  nextFree(from: number): number | undefined {
    const found = this.#nextOpen(0, from)
    return found === NONE ? undefined : found
  }

  #nextOpen(height: number, from: number): number {
    const level = this.#levels[height]
    const word = from >>> 5
    if (level === undefined || word >= level.length) return NONE
    const open = ~level[word]! & (ALL << (from & 31))
    if (open !== 0) return word * WORD_BITS + lowestBit(open)
    const next = this.#nextOpen(height + 1, word + 1)
    return next === NONE ? NONE : next * WORD_BITS + lowestBit(~level[next]!)
  }
}

const ALL = 0xffffffff
const NONE = -1

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word)
}
