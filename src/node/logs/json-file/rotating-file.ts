import { createReadStream, createWriteStream } from "node:fs"
import { type FileHandle, mkdir, open, rename, rm, stat } from "node:fs/promises"
import { dirname } from "node:path"
import { pipeline } from "node:stream/promises"
import { createGzip } from "node:zlib"

export interface Rotation {
  /** Undefined lets a file grow. */
  readonly sizeMax: number | undefined

  /** With the one that is written to. */
  readonly fileCountMax: number
  readonly compress: boolean
}

/** A file that older files of a bounded number stand behind, as `.1`, `.2` and so on. */
export class RotatingFile {
  readonly #path: string
  readonly #rotation: Rotation
  #file: FileHandle | undefined
  #size = 0

  constructor(path: string, rotation: Rotation) {
    this.#path = path
    this.#rotation = rotation
  }

  /** Texts go whole into one file each. */
  async append(texts: readonly string[]): Promise<void> {
    const { sizeMax = Number.POSITIVE_INFINITY } = this.#rotation
    let from = 0
    while (from < texts.length) {
      await this.#open()
      if (this.#size >= sizeMax) await this.#rotate()
      let size = this.#size
      let to = from
      while (to < texts.length && size < sizeMax) size += Buffer.byteLength(texts[to++]!)
      await this.#file!.appendFile(texts.slice(from, to).join(""))
      this.#size = size
      from = to
    }
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }

  /** With its folder, which is its own. */
  async remove(): Promise<void> {
    await this.close()
    await rm(dirname(this.#path), { recursive: true, force: true })
  }

  async #open(): Promise<void> {
    if (this.#file !== undefined) return
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o710 })
    const file = await open(this.#path, "a+", 0o640)
    this.#size = await mended(file)
    this.#file = file
  }

  async #rotate(): Promise<void> {
    await this.close()
    const { fileCountMax, compress } = this.#rotation
    if (fileCountMax === 1) await rm(this.#path)
    for (let index = fileCountMax - 1; index > 1; index--) {
      for (const ending of ["", ".gz"]) await move(this.#older(index - 1) + ending, this.#older(index) + ending)
    }
    if (fileCountMax > 1) {
      await rename(this.#path, this.#older(1))
      if (compress) await this.#compress(this.#older(1))
    }
    await this.#open()
  }

  async #compress(path: string): Promise<void> {
    await pipeline(createReadStream(path), createGzip(), createWriteStream(`${path}.gz`, { mode: 0o640 }))
    await rm(path)
  }

  #older(index: number): string {
    return `${this.#path}.${index}`
  }
}

/**
 * The file's size without a text at its end that is not whole: whoever wrote it was killed, or the disk was full, and it
 * is written again.
 */
async function mended(file: FileHandle): Promise<number> {
  const { size } = await file.stat()
  const end = await endOfLastLine(file, size)
  if (end < size) await file.truncate(end)
  return end
}

async function endOfLastLine(file: FileHandle, size: number): Promise<number> {
  const piece = Buffer.alloc(Math.min(size, PIECE_BYTES))
  for (let end = size; end > 0; ) {
    // Nearly always the last byte says enough.
    const length = end === size ? 1 : Math.min(piece.length, end)
    await file.read(piece, 0, length, end - length)
    const found = piece.subarray(0, length).lastIndexOf(NEWLINE)
    end -= length
    if (found !== -1) return end + found + 1
  }
  return 0
}

const NEWLINE = 0x0a
const PIECE_BYTES = 65_536

async function move(from: string, to: string): Promise<void> {
  const isThere = await stat(from).then(
    () => true,
    () => false,
  )
  if (isThere) await rename(from, to)
  else await rm(to, { force: true })
}
