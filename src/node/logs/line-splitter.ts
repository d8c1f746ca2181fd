import type { LinePart, LogLine } from "./driver.ts"

/** Cuts one stream into lines. What has no end yet waits, and can be kept and put back by a later process. */
export class LineSplitter {
  readonly #stream: LogLine["stream"]
  readonly #newId: () => string
  readonly #emit: (line: LogLine) => void
  #tail: Uint8Array
  #part: Omit<LinePart, "isLast"> | undefined

  constructor(
    stream: LogLine["stream"],
    { tail = NOTHING, newId, emit }: { tail?: Uint8Array; newId: () => string; emit: (line: LogLine) => void },
  ) {
    this.#stream = stream
    this.#tail = tail
    this.#newId = newId
    this.#emit = emit
  }

  /** Fewer bytes than a piece has. */
  get tail(): Uint8Array {
    return this.#tail
  }

  push(bytes: Uint8Array, at: number): void {
    let rest = this.#tail.length === 0 ? bytes : Buffer.concat([this.#tail, bytes])
    for (;;) {
      const end = rest.indexOf(NEWLINE)
      if (end !== -1 && end <= PIECE_BYTES_MAX) {
        this.#line(rest.subarray(0, end), at)
        rest = rest.subarray(end + 1)
      } else if (rest.length > PIECE_BYTES_MAX) {
        const cut = cutBefore(rest, PIECE_BYTES_MAX)
        this.#piece(rest.subarray(0, cut), at)
        rest = rest.subarray(cut)
      } else {
        break
      }
    }
    // A copy: the chunk that it is a part of is many times larger.
    this.#tail = rest.length === 0 ? NOTHING : rest.slice()
  }

  /** No more comes: what waits is a line as well. */
  end(at: number): void {
    if (this.#tail.length > 0) this.#line(this.#tail, at)
    this.#tail = NOTHING
  }

  #line(bytes: Uint8Array, at: number): void {
    const part = this.#part
    this.#part = undefined
    this.#emit({ stream: this.#stream, bytes, at, ...(part !== undefined && { part: { ...part, isLast: true } }) })
  }

  #piece(bytes: Uint8Array, at: number): void {
    const part = this.#part ?? { id: this.#newId(), ordinal: 1 }
    this.#part = { id: part.id, ordinal: part.ordinal + 1 }
    this.#emit({ stream: this.#stream, bytes, at, part: { ...part, isLast: false } })
  }
}

/** Not within a character of UTF-8, unless it is none. */
export function cutBefore(bytes: Uint8Array, limit: number): number {
  for (let cut = limit; cut > limit - 4 && cut > 0; cut--) if ((bytes[cut]! & 0xc0) !== 0x80) return cut
  return limit
}

const NOTHING = new Uint8Array(0)
const NEWLINE = 0x0a

/** Where Docker cuts as well. */
export const PIECE_BYTES_MAX = 16 * 2 ** 10
