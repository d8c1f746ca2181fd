import type { BlobStore } from "./blob-store.ts"

/** Small blobs that were asked for of late stay in memory: manifests are read far more often than written. */
export class RecentBlobs {
  /** The same for all who read from a store. */
  static of(blobs: BlobStore): RecentBlobs {
    const known = RecentBlobs.#all.get(blobs) ?? new RecentBlobs(blobs)
    RecentBlobs.#all.set(blobs, known)
    return known
  }

  static readonly #all = new WeakMap<BlobStore, RecentBlobs>()
  readonly #blobs: BlobStore
  readonly #bytesMax: number
  readonly #kept = new Map<string, Uint8Array>()
  #bytes = 0

  constructor(blobs: BlobStore, bytesMax: number = BYTES_MAX) {
    this.#blobs = blobs
    this.#bytesMax = bytesMax
  }

  keeps(digest: string): boolean {
    return this.#kept.has(digest)
  }

  /** All of a blob; at once when it is at hand. */
  whole(digest: string): Uint8Array | Promise<Uint8Array> {
    const kept = this.#kept.get(digest)
    if (kept === undefined) return this.#read(digest)
    this.#kept.delete(digest)
    this.#kept.set(digest, kept)
    return kept
  }

  async #read(digest: string): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    for await (const part of this.#blobs.read(digest)) parts.push(Buffer.from(part))
    const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts)
    if (bytes.length > this.#bytesMax / 16 || this.#kept.has(digest)) return bytes
    this.#kept.set(digest, bytes)
    this.#bytes += bytes.length
    for (const [oldest, { length }] of this.#kept) {
      if (this.#bytes <= this.#bytesMax) break
      this.#kept.delete(oldest)
      this.#bytes -= length
    }
    return bytes
  }
}

const BYTES_MAX = 64 * 2 ** 20
