import { type FileHandle, open, rm, stat } from "node:fs/promises"
import { type RunningDigest, runningDigest } from "./digest.ts"
import { readFile } from "./file-reading.ts"

/** An upload on its way: a file that grows, and the digest of what is in it so far. */
export class UploadFile {
  readonly path: string
  #file: FileHandle | undefined

  /** Undefined while nobody has read what an earlier process, or a piece that broke off, has left. */
  #digest: RunningDigest | undefined
  #size: number
  #usedAt: number
  #exists: boolean
  #isBusy = false

  private constructor(path: string, size: number, usedAt: number, exists: boolean) {
    this.path = path
    this.#exists = exists
    this.#size = size
    this.#usedAt = usedAt
    if (size === 0) this.#digest = runningDigest()
  }

  /** One of which nothing can be there yet. */
  static begin(path: string, now: number): UploadFile {
    return new UploadFile(path, 0, now, false)
  }

  static async find(path: string, now: number): Promise<UploadFile> {
    const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined
      throw error
    })
    return new UploadFile(path, found?.size ?? 0, now, found !== undefined)
  }

  get size(): number {
    return this.#size
  }

  get isBusy(): boolean {
    return this.#isBusy
  }

  /** Wall time at which something was last added. */
  get usedAt(): number {
    return this.#usedAt
  }

  /** Keeps others off until it is disposed of. */
  busy(): Disposable {
    this.#isBusy = true
    return {
      [Symbol.dispose]: () => {
        this.#isBusy = false
      },
    }
  }

  /** Adds pieces as they come: while some are being written, others arrive. */
  async append(pieces: AsyncIterable<Uint8Array>, now: number): Promise<number> {
    using _ = this.busy()
    this.#usedAt = now
    const file = await this.#opened()
    const digest = await this.#running(file)
    let gathered: Uint8Array[] = []
    let bytes = 0
    let writing: Promise<void> = Promise.resolve()
    let unsynced = 0
    const flush = () => {
      const [batch, length, at] = [gathered, bytes, this.#size]
      gathered = []
      bytes = 0
      this.#size += length
      unsynced += length
      const sync = unsynced >= SYNC_BYTES
      if (sync) unsynced = 0
      return writeAll(file, batch, length, at).then(() => {
        // Begun early, so that at the end there is little left to wait for.
        if (sync) file.datasync().catch(() => {})
      })
    }
    try {
      for await (const piece of pieces) {
        digest.add(piece)
        gathered.push(piece)
        bytes += piece.length
        if (bytes < BATCH_BYTES) continue
        await writing
        writing = flush()
        writing.catch(() => {})
      }
    } finally {
      await this.#settle(file, writing, () => (bytes > 0 ? flush() : Promise.resolve()))
    }
    return this.#size
  }

  /** The digest of everything, once all of it is on the disk. */
  async end(): Promise<string> {
    const file = await this.#opened()
    const digest = await this.#running(file)
    await file.datasync()
    this.#digest = undefined
    return digest.end()
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }

  async remove(): Promise<void> {
    await this.close()
    if (this.#exists) await rm(this.path, { force: true })
  }

  /** What could not be written is cut off: the upload goes on from what is known to be there. */
  async #settle(file: FileHandle, writing: Promise<void>, last: () => Promise<void>): Promise<void> {
    try {
      await writing
      await last()
    } catch (error) {
      const { size } = await file.stat()
      this.#size = Math.min(size, this.#size)
      this.#digest = undefined
      throw error
    }
  }

  async #opened(): Promise<FileHandle> {
    this.#file ??= await open(this.path, this.#exists ? "r+" : "w+", 0o600)
    this.#exists = true
    return this.#file
  }

  async #running(file: FileHandle): Promise<RunningDigest> {
    if (this.#digest !== undefined) return this.#digest
    await file.truncate(this.#size)
    const digest = runningDigest()
    for await (const piece of readFile(this.path, { from: 0, to: this.#size })) digest.add(piece)
    this.#digest = digest
    return digest
  }
}

async function writeAll(file: FileHandle, batch: Uint8Array[], length: number, at: number): Promise<void> {
  const { bytesWritten } = await file.writev(batch, at)
  if (bytesWritten === length) return
  // A disk that fills up takes what fits and says nothing; asked for the rest, it says why.
  const rest = Buffer.concat(batch).subarray(bytesWritten)
  for (let written = 0; written < rest.length; ) {
    written += (await file.write(rest, written, rest.length - written, at + bytesWritten + written)).bytesWritten
  }
}

const BATCH_BYTES = 2 ** 20
const SYNC_BYTES = 32 * 2 ** 20
