import { asStream } from "../../../aws/http.ts"
import { sleep, type World } from "../../../world/world.ts"
import { type BlobStore, type ByteRange, DigestMismatch, UploadRefused } from "./blob-store.ts"
import { digestOf } from "./digest.ts"
import { EndedUploads } from "./ended-uploads.ts"
import { Holds } from "./holds.ts"
import { S3Bucket } from "./s3-bucket.ts"
import { S3Connection, type S3Place, S3Refusal } from "./s3-connection.ts"
import { placeChunks } from "./s3-placing.ts"
import { chunksOf, S3Upload } from "./s3-upload.ts"

export interface S3BlobStoreOptions {
  readonly world: Pick<World, "log" | "now" | "random" | "after">
  readonly place: S3Place

  /** Of one blob; AWS's own, if not said. */
  readonly bytesMax?: number

  /** How long the store may be silent. */
  readonly msSilentMax?: number
}

/**
 * Blobs as objects of an S3-compatible store, named for their digests: `blobs/sha256/<hex>`. An upload is kept in chunks,
 * `uploads/<upload>/<offset>-…`, so any process goes on with it; once its digest is known to be right, the store makes one
 * object of them. Nothing is kept on this machine.
 */
export class S3BlobStore implements BlobStore {
  readonly #world: S3BlobStoreOptions["world"]
  readonly #connection: S3Connection
  readonly #bucket: S3Bucket
  readonly #uploads = new Map<string, S3Upload>()
  readonly #ended = new EndedUploads()
  readonly #holds = new Holds()
  readonly #removals = new Map<string, Promise<unknown>>()
  readonly #placings = new Map<string, Promise<unknown>>()
  readonly #begun = new Set<string>()
  readonly #bytesMax: number

  constructor({ world, place, bytesMax = BYTES_MAX, msSilentMax }: S3BlobStoreOptions) {
    this.#world = world
    this.#connection = new S3Connection(world, place, msSilentMax)
    this.#bucket = new S3Bucket(this.#connection)
    this.#bytesMax = bytesMax
  }

  /** Rejects when the store does not let us in, or has no such bucket; one that cannot be reached is waited for by each request. */
  async open(): Promise<void> {
    try {
      await this.#connection.text({ method: "GET", query: { "list-type": "2", "max-keys": "1", prefix: BLOBS } })
    } catch (error) {
      if (error instanceof S3Refusal) throw error
      this.#world.log.warn("images cannot be pushed or pulled until the object store is back", { error: String(error) })
    }
  }

  async close(): Promise<void> {
    this.#connection.close()
  }

  read(digest: string, range?: ByteRange): AsyncIterable<Uint8Array> {
    return this.#bucket.read(nameOf(digest), range)
  }

  async has(digest: string): Promise<boolean> {
    await this.#removals.get(digest)
    return this.#bucket.has(nameOf(digest))
  }

  async put(digest: string, bytes: Uint8Array): Promise<void> {
    const actual = digestOf(bytes)
    if (actual !== digest) throw new DigestMismatch(actual)
    // A copy, as what they are a part of is somebody else's.
    const copy = Buffer.from(bytes)
    await this.#placed(digest, () => this.#bucket.put(nameOf(digest), [copy], digest.slice("sha256:".length)))
  }

  /** Has a blob written unless it is there; whoever comes while another writes it waits for that. */
  async #placed(digest: string, write: () => Promise<void>): Promise<void> {
    for (let other = this.#placings.get(digest); other !== undefined; other = this.#placings.get(digest)) {
      await other.catch(() => {})
    }
    const placing = this.has(digest).then((isThere) => (isThere ? undefined : write()))
    this.#placings.set(digest, placing)
    try {
      await placing
    } finally {
      this.#placings.delete(digest)
    }
  }

  begin(name: string): void {
    this.#know(name, new S3Upload(this.#bucket, this.#chunkNames(name), [], this.#world.now()))
  }

  async received(name: string): Promise<number | undefined> {
    return this.#ended.has(name) ? undefined : (await this.#upload(name)).size
  }

  async append(name: string, at: number | undefined, pieces: AsyncIterable<Uint8Array>): Promise<number> {
    if (this.#ended.has(name)) throw new UploadRefused("gone")
    const upload = await this.#upload(name)
    if (upload.isBusy) throw new UploadRefused("busy", upload.size)
    if (at !== undefined && at !== upload.size) throw new UploadRefused("misplaced", upload.size)
    try {
      return await upload.append(pieces, this.#world.now(), this.#bytesMax)
    } catch (error) {
      if (error instanceof UploadRefused) await this.#end(name, upload)
      throw error
    }
  }

  async finish(name: string, digest: string, last?: Uint8Array): Promise<number> {
    if (this.#ended.has(name)) throw new UploadRefused("gone")
    const upload = await this.#upload(name)
    if (upload.isBusy) throw new UploadRefused("busy", upload.size)
    if (last !== undefined && last.length > 0) {
      if (upload.size === 0) return this.#finishAtOnce(name, upload, digest, last)
      await this.append(name, undefined, asStream(last))
    }
    using _ = upload.busy()
    const { size, chunks } = upload
    const actual = await upload.digest()
    if (actual !== digest) {
      await this.#end(name, upload)
      throw new DigestMismatch(actual)
    }
    await this.#placed(digest, () => placeChunks(this.#bucket, chunks, nameOf(digest), (id) => this.#begin(id)))
    await this.#end(name, upload)
    return size
  }

  async abandon(name: string): Promise<void> {
    const upload = await this.#upload(name)
    if (upload.isBusy) throw new UploadRefused("busy", upload.size)
    await this.#end(name, upload)
  }

  hold(digest: string): Disposable {
    return this.#holds.hold(digest)
  }

  async *digests(): AsyncIterable<readonly string[]> {
    for await (const objects of this.#bucket.list(BLOBS)) {
      yield objects.map(({ name }) => `sha256:${name.slice(BLOBS.length)}`)
    }
  }

  async remove(digest: string, isWanted: () => boolean): Promise<boolean> {
    if (this.#removals.has(digest) || this.#holds.has(digest) || isWanted()) return false
    // Whoever comes with the same content meanwhile waits until it is gone, and then writes it anew.
    const asked = this.#bucket.remove(nameOf(digest), { once: true })
    // A removal that was not answered may still happen, so it is given time to.
    const over = asked.catch(() => sleep(this.#world, UNSURE_MS))
    this.#removals.set(digest, over)
    void over.then(() => this.#removals.delete(digest))
    try {
      await asked
      this.#removals.delete(digest)
      return true
    } catch (error) {
      this.#world.log.warn("a blob could not be removed", { digest, error: String(error) })
      return false
    }
  }

  async forgetUploads(msUnused: number): Promise<void> {
    const before = this.#world.now() - msUnused
    for (const [name, { newest, objects }] of await this.#kept()) {
      const upload = this.#uploads.get(name)
      if (newest > before || upload?.isBusy || (upload?.usedAt ?? 0) > before) continue
      this.#ended.add(name)
      this.#uploads.delete(name)
      await this.#remove(objects)
    }
    for (const [name, upload] of this.#uploads) {
      if (!upload.isBusy && upload.size === 0 && upload.usedAt <= before) this.#uploads.delete(name)
    }
    for await (const unfinished of this.#bucket.unfinished(BLOBS)) {
      const left = unfinished.filter(({ id, begunAt }) => begunAt <= before && !this.#begun.has(id))
      for (const { name, id } of left) await this.#bucket.giveUp(name, id)
    }
  }

  /** All uploads that have chunks, also those that an earlier process has left. */
  async #kept(): Promise<ReadonlyMap<string, { newest: number; readonly objects: string[] }>> {
    const kept = new Map<string, { newest: number; readonly objects: string[] }>()
    for await (const objects of this.#bucket.list(UPLOADS)) {
      for (const { name, changedAt } of objects) {
        const [upload = ""] = name.slice(UPLOADS.length).split("/")
        const known = kept.get(upload) ?? { newest: 0, objects: [] }
        known.newest = Math.max(known.newest, changedAt)
        known.objects.push(name)
        kept.set(upload, known)
      }
    }
    return kept
  }

  /** What came in one piece needs no chunk before the blob. */
  async #finishAtOnce(name: string, upload: S3Upload, digest: string, bytes: Uint8Array): Promise<number> {
    using _ = upload.busy()
    try {
      await this.put(digest, bytes)
    } catch (error) {
      if (error instanceof DigestMismatch) await this.#end(name, upload)
      throw error
    }
    await this.#end(name, upload)
    return bytes.length
  }

  async #upload(name: string): Promise<S3Upload> {
    const known = this.#uploads.get(name)
    if (known !== undefined) return known
    const prefix = `${UPLOADS}${name}/`
    const objects = []
    for await (const some of this.#bucket.list(prefix)) objects.push(...some)
    const found = new S3Upload(this.#bucket, this.#chunkNames(name), chunksOf(objects, prefix), this.#world.now())
    // Another may have looked at the same time.
    const upload = this.#uploads.get(name) ?? found
    if (!this.#ended.has(name)) this.#know(name, upload)
    return upload
  }

  /** What is known of an upload can be found out again: of too many that nobody ends, the oldest are forgotten, but for their chunks. */
  #know(name: string, upload: S3Upload): void {
    this.#uploads.set(name, upload)
    if (this.#uploads.size <= KNOWN_MAX) return
    for (const [oldest, other] of this.#uploads) {
      if (other.isBusy || other === upload) continue
      this.#uploads.delete(oldest)
      return
    }
  }

  async #end(name: string, upload: S3Upload): Promise<void> {
    this.#ended.add(name)
    this.#uploads.delete(name)
    await this.#remove(upload.chunks.map((chunk) => chunk.name)).catch((error) =>
      this.#world.log.warn("what is left of an upload is removed later", { error: String(error) }),
    )
  }

  async #remove(objects: readonly string[]): Promise<void> {
    for (let at = 0; at < objects.length; at += REMOVED_TOGETHER) {
      await Promise.all(objects.slice(at, at + REMOVED_TOGETHER).map((name) => this.#bucket.remove(name)))
    }
  }

  #chunkNames(upload: string): (at: number) => string {
    return (at) => {
      const chance = Buffer.from(this.#world.random.bytes(8)).toString("hex")
      return `${UPLOADS}${upload}/${String(at).padStart(12, "0")}-${chance}`
    }
  }

  #begin(id: string): Disposable {
    this.#begun.add(id)
    return { [Symbol.dispose]: () => void this.#begun.delete(id) }
  }
}

function nameOf(digest: string): string {
  return `${BLOBS}${digest.slice("sha256:".length)}`
}

const BLOBS = "blobs/sha256/"
const UPLOADS = "uploads/"
const REMOVED_TOGETHER = 8
const UNSURE_MS = 60_000
const BYTES_MAX = 52_000 * 2 ** 20
const KNOWN_MAX = 10_000
