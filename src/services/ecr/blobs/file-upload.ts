import { stat } from "node:fs/promises"
import { UploadRefused } from "./blob-store.ts"
import type { Place } from "./file-orders.ts"
import type { FileThread } from "./file-thread.ts"

/** An upload on its way: a file that grows, written by a thread that knows the digest of what is in it so far. */
export class UploadFile {
  readonly path: string
  readonly #thread: FileThread
  #size: number
  #usedAt: number
  #exists: boolean

  /** Whether the thread knows what an earlier process, or a write that failed, has left. */
  #isOpen = false
  #isBusy = false

  constructor(thread: FileThread, path: string, { size, usedAt, exists }: Found) {
    this.path = path
    this.#thread = thread
    this.#size = size
    this.#usedAt = usedAt
    this.#exists = exists
  }

  /** What an earlier process has left of it. */
  static async find(thread: FileThread, path: string, now: number): Promise<UploadFile> {
    const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined
      throw error
    })
    return new UploadFile(thread, path, { size: found?.size ?? 0, usedAt: now, exists: found !== undefined })
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
  async append(pieces: AsyncIterable<Uint8Array>, now: number, bytesMax: number): Promise<number> {
    using _ = this.busy()
    this.#usedAt = now
    await this.#open()
    const writing = new Writing(this.#thread, this.path, this.#size)
    try {
      for await (const piece of pieces) {
        if (writing.end + piece.length > bytesMax) throw new UploadRefused("too large", this.#size)
        await writing.add(piece)
      }
    } finally {
      // What has come stays, however its sender ended; what could not be written is cut off at the next opening.
      this.#isOpen = await writing.finish()
      this.#size = writing.written
    }
    if (!this.#isOpen) throw writing.failure
    return this.#size
  }

  /** The digest of everything, once all of it is on the disk. */
  async end(): Promise<string> {
    await this.#open()
    try {
      return (await this.#thread.ask({ kind: "end", path: this.path })).digest!
    } catch (error) {
      this.#isOpen = false
      throw error
    }
  }

  async place(place: Place): Promise<void> {
    await this.#thread.ask({ kind: "place", path: this.path, place })
  }

  /** Lets go of it; with `remove` for good. */
  async close(remove = false): Promise<void> {
    if (!this.#exists) return
    this.#isOpen = false
    await this.#thread.ask({ kind: "close", path: this.path, remove })
  }

  async #open(): Promise<void> {
    if (this.#isOpen) return
    this.#exists = true
    await this.#thread.ask({ kind: "resume", path: this.path, size: this.#size })
    this.#isOpen = true
  }
}

interface Found {
  readonly size: number
  readonly usedAt: number
  readonly exists: boolean
}

/** Gathers small pieces into larger ones, and has a few of those written at a time. */
class Writing {
  readonly #thread: FileThread
  readonly #path: string
  readonly #spare: Uint8Array[] = []
  #at: number
  #under: Promise<void>[] = []
  #gathered: Uint8Array | undefined
  #filled = 0

  /** Up to where all is written. */
  written: number
  failure: Error | undefined

  constructor(thread: FileThread, path: string, at: number) {
    this.#thread = thread
    this.#path = path
    this.#at = at
    this.written = at
  }

  async add(piece: Uint8Array): Promise<void> {
    for (let taken = 0; taken < piece.length; ) {
      this.#gathered ??= this.#spare.pop() ?? new Uint8Array(new SharedArrayBuffer(BATCH_BYTES))
      const part = piece.subarray(taken, taken + BATCH_BYTES - this.#filled)
      this.#gathered.set(part, this.#filled)
      this.#filled += part.length
      taken += part.length
      if (this.#filled === BATCH_BYTES) await this.#flush()
    }
  }

  /** Up to where all has come. */
  get end(): number {
    return this.#at + this.#filled
  }

  /** Resolves with whether all is written. */
  async finish(): Promise<boolean> {
    if (this.#filled > 0 && this.failure === undefined) this.#send()
    await Promise.all(this.#under)
    return this.failure === undefined
  }

  async #flush(): Promise<void> {
    this.#send()
    if (this.#under.length >= UNDER_MAX) await this.#under.shift()
    if (this.failure !== undefined) throw this.failure
  }

  #send(): void {
    const batch = this.#gathered!
    const bytes = batch.subarray(0, this.#filled)
    const end = this.#at + bytes.length
    const order = { kind: "write", path: this.#path, at: this.#at, bytes } as const
    this.#under.push(
      this.#thread.ask(order).then(
        () => {
          // After a failure in between, what came later is not known to follow what is there.
          if (this.failure === undefined) this.written = end
          this.#spare.push(batch)
        },
        (error: Error) => {
          this.failure ??= error
        },
      ),
    )
    this.#at = end
    this.#gathered = undefined
    this.#filled = 0
  }
}

const BATCH_BYTES = 512 * 1024
const UNDER_MAX = 3
