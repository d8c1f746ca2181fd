import { mkdir, opendir, readdir, rm, stat, unlink } from "node:fs/promises"
import { dirname, join } from "node:path"
import { asStream } from "../../../aws/http.ts"
import type { World } from "../../../world/world.ts"
import { type BlobStore, type ByteRange, DigestMismatch, UploadRefused } from "./blob-store.ts"
import { digestOf } from "./digest.ts"
import { EndedUploads } from "./ended-uploads.ts"
import { stored, syncFolder } from "./file-disk.ts"
import type { Place } from "./file-orders.ts"
import { readFile } from "./file-reading.ts"
import { FileThread } from "./file-thread.ts"
import { UploadFile } from "./file-upload.ts"
import { Holds } from "./holds.ts"

export interface FileBlobStoreOptions {
  readonly world: Pick<World, "log" | "now" | "random">

  /** Made when it does not exist; for one process at a time. */
  readonly directory: string

  /** Of one blob; AWS's own, if not said. */
  readonly bytesMax?: number

  /** Uploads that are kept in mind. */
  readonly knownMax?: number
}

/**
 * Blobs as files that are named for their digests, each written under another name, synced and then moved into place: what
 * has its digest's name is whole. Uploads are files too, so they outlive the process. Threads of their own write.
 */
export class FileBlobStore implements BlobStore {
  readonly #world: FileBlobStoreOptions["world"]
  readonly #blobs: string
  readonly #uploadFolder: string
  readonly #uploads = new Map<string, UploadFile>()
  readonly #ended = new EndedUploads()
  readonly #holds = new Holds()
  readonly #removals = new Map<string, Promise<unknown>>()

  /** Blobs that are on their way into their places: what is seen there is not known to stay before these end. */
  readonly #placings = new Map<string, Promise<unknown>>()

  /** Small blobs do not wait for large ones. */
  readonly #puts = new FileThread()
  readonly #appends = new FileThread()
  #drafts = 0
  readonly #bytesMax: number
  readonly #knownMax: number

  constructor({ world, directory, bytesMax = BYTES_MAX, knownMax = KNOWN_MAX }: FileBlobStoreOptions) {
    this.#world = world
    this.#blobs = join(directory, "sha256")
    this.#uploadFolder = join(directory, "uploads")
    this.#bytesMax = bytesMax
    this.#knownMax = knownMax
  }

  /** Takes away what a process that was killed has left half written. */
  async open(): Promise<void> {
    await mkdir(this.#blobs, { recursive: true, mode: 0o700 })
    await mkdir(this.#uploadFolder, { recursive: true, mode: 0o700 })
    for (const name of await readdir(this.#uploadFolder)) {
      if (name.endsWith(DRAFT)) await rm(join(this.#uploadFolder, name), { force: true })
    }
    // What a killed process had moved into place, and the folders themselves, are there for good from now on.
    const folder = dirname(this.#blobs)
    for (const path of [this.#blobs, folder, dirname(folder)]) await syncFolder(path)
  }

  async close(): Promise<void> {
    for (const upload of this.#uploads.values()) await upload.close()
    this.#uploads.clear()
    await this.#puts.close()
    await this.#appends.close()
  }

  read(digest: string, range?: ByteRange): AsyncIterable<Uint8Array> {
    return readFile(this.#path(digest), range)
  }

  async has(digest: string): Promise<boolean> {
    await this.#removals.get(digest)
    return stat(this.#path(digest)).then(
      () => true,
      () => false,
    )
  }

  async put(digest: string, bytes: Uint8Array): Promise<void> {
    const actual = digestOf(bytes)
    if (actual !== digest) throw new DigestMismatch(actual)
    await this.#placed(digest, () => {
      const draft = join(this.#uploadFolder, `${++this.#drafts}${DRAFT}`)
      // Handed over as a copy: what they are a part of is somebody else's.
      const copy = new Uint8Array(bytes)
      return this.#puts.ask({ kind: "put", draft, place: this.#place(digest), bytes: copy }, [copy.buffer])
    })
  }

  /** Has a blob written unless it is there for good; whoever comes while another writes it waits for that. */
  async #placed(digest: string, write: () => Promise<unknown>): Promise<void> {
    for (let other = this.#placings.get(digest); other !== undefined; other = this.#placings.get(digest)) {
      await other.catch(() => {})
    }
    const placing = this.has(digest).then((isThere) => (isThere ? undefined : stored(write)))
    this.#placings.set(digest, placing)
    try {
      await placing
    } finally {
      this.#placings.delete(digest)
    }
  }

  begin(name: string): void {
    const found = { size: 0, usedAt: this.#world.now(), exists: false }
    this.#know(name, new UploadFile(this.#appends, join(this.#uploadFolder, name), found))
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
      return await stored(() => upload.append(pieces, this.#world.now(), this.#bytesMax))
    } catch (error) {
      if (error instanceof UploadRefused) await this.#end(name, upload)
      throw error
    }
  }

  async finish(name: string, digest: string, last?: Uint8Array): Promise<number> {
    if (this.#ended.has(name)) throw new UploadRefused("gone")
    const upload = await this.#upload(name)
    if (upload.isBusy) throw new UploadRefused("busy", upload.size)
    if (last !== undefined) {
      if (upload.size === 0) return this.#finishAtOnce(name, upload, digest, last)
      await this.append(name, undefined, asStream(last))
    }
    using _ = upload.busy()
    const size = upload.size
    const actual = await stored(() => upload.end())
    if (actual !== digest) {
      await this.#end(name, upload)
      throw new DigestMismatch(actual)
    }
    await this.#placed(digest, () => upload.place(this.#place(digest)))
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
    let some: string[] = []
    for await (const { name } of await opendir(this.#blobs)) {
      some.push(`sha256:${name}`)
      if (some.length < LISTED_TOGETHER) continue
      yield some
      some = []
    }
    yield some
  }

  async remove(digest: string, isWanted: () => boolean): Promise<boolean> {
    if (this.#removals.has(digest) || this.#holds.has(digest) || isWanted()) return false
    // Whoever comes with the same content meanwhile waits until it is gone, and then writes it anew.
    const removal = unlink(this.#path(digest)).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT")
          this.#world.log.warn("a blob could not be removed", { digest, error: String(error) })
        return false
      },
    )
    this.#removals.set(digest, removal)
    try {
      return await removal
    } finally {
      this.#removals.delete(digest)
    }
  }

  async forgetUploads(msUnused: number): Promise<void> {
    const before = this.#world.now() - msUnused
    for (const name of await readdir(this.#uploadFolder)) {
      const upload = this.#uploads.get(name)
      if (name.endsWith(DRAFT) || upload?.isBusy) continue
      const found = await stat(join(this.#uploadFolder, name)).catch(() => undefined)
      if (found === undefined || found.mtimeMs > before || this.#uploads.get(name)?.isBusy) continue
      await this.#end(name, upload ?? (await this.#upload(name)))
    }
    // What is open but was never written to has no file.
    for (const [name, upload] of this.#uploads) {
      if (!upload.isBusy && upload.size === 0 && upload.usedAt <= before) this.#uploads.delete(name)
    }
  }

  /** What came in one piece needs no file of its own before the one that stays. */
  async #finishAtOnce(name: string, upload: UploadFile, digest: string, bytes: Uint8Array): Promise<number> {
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

  #path(digest: string): string {
    return join(this.#blobs, digest.slice("sha256:".length))
  }

  async #upload(name: string): Promise<UploadFile> {
    const known = this.#uploads.get(name)
    if (known !== undefined) return known
    const found = await UploadFile.find(this.#appends, join(this.#uploadFolder, name), this.#world.now())
    // Another may have looked at the same time.
    const upload = this.#uploads.get(name) ?? found
    if (!this.#ended.has(name)) this.#know(name, upload)
    return upload
  }

  /** What is known of an upload can be found out again: of too many that nobody ends, the oldest are forgotten, but for their files. */
  #know(name: string, upload: UploadFile): void {
    this.#uploads.set(name, upload)
    if (this.#uploads.size <= this.#knownMax) return
    for (const [oldest, other] of this.#uploads) {
      if (other.isBusy || other === upload) continue
      this.#uploads.delete(oldest)
      other.close().catch((error) => this.#world.log.warn("an upload could not be closed", { error: String(error) }))
      return
    }
  }

  async #end(name: string, upload: UploadFile): Promise<void> {
    this.#ended.add(name)
    this.#uploads.delete(name)
    await upload.close(true)
  }

  #place(digest: string): Place {
    const name = digest.slice("sha256:".length)
    return { folder: this.#blobs, name }
  }
}

const DRAFT = ".draft"
const LISTED_TOGETHER = 1_000
const BYTES_MAX = 52_000 * 2 ** 20
const KNOWN_MAX = 10_000
