import { runningDigest } from "./digest.ts"
import type { S3Bucket } from "./s3-bucket.ts"
import type { S3Chunk } from "./s3-upload.ts"

/** Gathers pieces into chunks, and has a few of those stored at a time. */
export class S3Writing {
  readonly #bucket: S3Bucket
  readonly #newName: (at: number) => string
  readonly #under: Promise<void>[] = []
  readonly #sent: { readonly chunk: S3Chunk; isStored: boolean }[] = []
  #at: number
  #gathered: Uint8Array[] = []
  #filled = 0

  /** Of what is gathered: made as it comes, so that nobody waits while a whole chunk is hashed. */
  #running = runningDigest()
  failure: Error | undefined

  constructor(bucket: S3Bucket, newName: (at: number) => string, at: number) {
    this.#bucket = bucket
    this.#newName = newName
    this.#at = at
  }

  /** Up to where all has come. */
  get end(): number {
    return this.#at + this.#filled
  }

  /** The chunks that are stored; none that comes after one that is not. */
  get written(): readonly S3Chunk[] {
    const missing = this.#sent.findIndex(({ isStored }) => !isStored)
    return this.#sent.slice(0, missing < 0 ? undefined : missing).map(({ chunk }) => chunk)
  }

  async add(piece: Uint8Array): Promise<void> {
    for (let taken = 0; taken < piece.length; ) {
      const part = piece.subarray(taken, taken + CHUNK_BYTES - this.#filled)
      this.#gathered.push(Buffer.from(part))
      this.#running.add(part)
      this.#filled += part.length
      taken += part.length
      if (this.#filled < CHUNK_BYTES) continue
      this.#send()
      if (this.#under.length >= UNDER_MAX) await this.#under.shift()
      if (this.failure !== undefined) throw this.failure
    }
  }

  /** Resolves with whether all is stored. */
  async finish(): Promise<boolean> {
    if (this.#filled > 0 && this.failure === undefined) this.#send()
    await Promise.all(this.#under)
    return this.failure === undefined
  }

  #send(): void {
    // Under a name that nothing else ever has: a try that arrives late changes nothing of what is known by then.
    const chunk = { name: this.#newName(this.#at), at: this.#at, bytes: this.#filled }
    const sent = { chunk, isStored: false }
    this.#sent.push(sent)
    this.#under.push(
      this.#bucket.put(chunk.name, this.#gathered, this.#running.end().slice("sha256:".length)).then(
        () => {
          sent.isStored = true
        },
        (error: Error) => {
          this.failure ??= error
        },
      ),
    )
    this.#at += this.#filled
    this.#gathered = []
    this.#filled = 0
    this.#running = runningDigest()
  }
}

/** At least as much as a part of an object has to have; so many are the most that a blob has parts. */
const CHUNK_BYTES = 8 * 2 ** 20
const UNDER_MAX = 3
