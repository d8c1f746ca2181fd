import { UploadRefused } from "./blob-store.ts"
import { type RunningDigest, runningDigest } from "./digest.ts"
import type { S3Bucket, S3Object } from "./s3-bucket.ts"
import { S3Writing } from "./s3-writing.ts"

/** A piece of an upload: an object of its own, so that whichever process goes on with the upload can read it. */
export interface S3Chunk {
  readonly name: string
  readonly at: number
  readonly bytes: number
}

/** An upload on its way: chunks that follow each other, of which each is durable before it counts. */
export class S3Upload {
  readonly #bucket: S3Bucket
  readonly #newName: (at: number) => string
  #chunks: readonly S3Chunk[]
  #usedAt: number
  #isBusy = false

  /** Of all chunks; undefined when some of them are an earlier process's, or when a write failed. */
  #running: RunningDigest | undefined
  #digest: string | undefined

  constructor(bucket: S3Bucket, newName: (at: number) => string, chunks: readonly S3Chunk[], usedAt: number) {
    this.#bucket = bucket
    this.#newName = newName
    this.#chunks = chunks
    this.#usedAt = usedAt
    if (chunks.length === 0) this.#running = runningDigest()
  }

  get chunks(): readonly S3Chunk[] {
    return this.#chunks
  }

  get size(): number {
    const last = this.#chunks.at(-1)
    return last === undefined ? 0 : last.at + last.bytes
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

  /** Adds pieces as they come: while some are being stored, others arrive. */
  async append(pieces: AsyncIterable<Uint8Array>, now: number, bytesMax: number): Promise<number> {
    using _ = this.busy()
    this.#usedAt = now
    const writing = new S3Writing(this.#bucket, this.#newName, this.size)
    try {
      for await (const piece of pieces) {
        if (writing.end + piece.length > bytesMax) throw new UploadRefused("too large", this.size)
        this.#digest = undefined
        this.#running?.add(piece)
        await writing.add(piece)
      }
    } finally {
      // What has come stays, however its sender ended.
      const isWritten = await writing.finish()
      this.#chunks = [...this.#chunks, ...writing.written]
      if (!isWritten) this.#running = undefined
    }
    if (writing.failure !== undefined) throw writing.failure
    return this.size
  }

  /** The digest of everything; what an earlier process has taken in is read again for it. */
  async digest(): Promise<string> {
    if (this.#digest !== undefined) return this.#digest
    let running = this.#running
    if (running === undefined) {
      running = runningDigest()
      for (const { name } of this.#chunks) for await (const piece of this.#bucket.read(name)) running.add(piece)
    }
    this.#running = undefined
    this.#digest = running.end()
    return this.#digest
  }
}

/** The chunks that follow each other from the start. What was stored behind a gap was never told to anyone. */
export function chunksOf(objects: readonly S3Object[], prefix: string): readonly S3Chunk[] {
  const found = new Map<number, S3Chunk>()
  for (const { name, bytes } of objects) {
    const at = Number(name.slice(prefix.length).split("-")[0])
    if (bytes > (found.get(at)?.bytes ?? 0)) found.set(at, { name, at, bytes })
  }
  const chunks: S3Chunk[] = []
  for (let next = found.get(0); next !== undefined; next = found.get(next.at + next.bytes)) chunks.push(next)
  return chunks
}
