import { closeSync, fstatSync, openSync, readSync } from "node:fs"
import { zstdDecompressSync } from "node:zlib"
import {
  contentOf,
  type Directory,
  type GroupEntry,
  type GroupIndex,
  type Piece,
  parseTrailer,
  TRAILER_BYTES,
} from "./file-layout.ts"

/** A segment that is read at once, as the thread of the files does. */
export class SegmentFile implements Disposable {
  readonly #path: string
  readonly #fd: number
  readonly bytes: number

  constructor(path: string) {
    this.#path = path
    this.#fd = openSync(path, "r")
    this.bytes = fstatSync(this.#fd).size
  }

  directory(): Directory {
    const trailer = this.#read({ offset: Math.max(0, this.bytes - TRAILER_BYTES), length: TRAILER_BYTES })
    const piece = parseTrailer(trailer)
    if (piece === undefined) throw new DamagedSegment(`${this.#path} has no end`)
    return JSON.parse(this.content(piece).toString())
  }

  index({ index }: GroupEntry): GroupIndex {
    return JSON.parse(this.content(index).toString())
  }

  content(piece: Piece): Buffer {
    const content = contentOf(this.#read(piece))
    if (content === undefined) throw new DamagedSegment(`${this.#path} is damaged at ${piece.offset}`)
    return zstdDecompressSync(content)
  }

  /** As it lies there, once it is known to be undamaged. */
  stored(piece: Piece): Buffer {
    const bytes = this.#read(piece)
    if (contentOf(bytes) === undefined) throw new DamagedSegment(`${this.#path} is damaged at ${piece.offset}`)
    return bytes
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd)
  }

  #read({ offset, length }: Piece): Buffer {
    const bytes = Buffer.allocUnsafe(length)
    return bytes.subarray(0, readSync(this.#fd, bytes, 0, length, offset))
  }
}

export class DamagedSegment extends Error {
  override readonly name = "DamagedSegment"
}
