/**
 * Where layers and manifests live: not in the store of records, but under the digest of what they hold. It knows no
 * repositories; who may see what, and what is still wanted, is in tables.
 */
export interface BlobStore {
  /**
   * Pieces of a blob that is known to be there, from a byte up to, but not including, another. Each is good until the next
   * one is asked for: who keeps it makes a copy.
   */
  read(digest: string, range?: ByteRange): AsyncIterable<Uint8Array>

  has(digest: string): Promise<boolean>

  /**
   * Keeps bytes that are at hand. Resolves once they are durable; rejects with `DigestMismatch` when they are others
   * than the digest says. What is there already is not written again.
   */
  put(digest: string, bytes: Uint8Array): Promise<void>

  /** Makes an upload known, so that nobody looks for what an earlier process has left of it. */
  begin(upload: string): void

  /** How much of an upload has come. One that nobody has begun has nothing; one that has ended is gone. */
  received(upload: string): Promise<number | undefined>

  /**
   * Adds to an upload at its end, and resolves with how much has come by then. Whatever ends the pieces early, what came
   * before stays and may be added to, also by another process. Rejects with `UploadRefused`.
   */
  append(upload: string, at: number | undefined, pieces: AsyncIterable<Uint8Array>): Promise<number>

  /** Makes a blob of an upload and its last bytes. Resolves with its size once it is durable; rejects with `DigestMismatch`. */
  finish(upload: string, digest: string, last?: Uint8Array): Promise<number>
  abandon(upload: string): Promise<void>

  /** While it is held, a blob is not removed, whoever has asked for that. */
  hold(digest: string): Disposable

  /** The digests of all that is there, some at a time. */
  digests(): AsyncIterable<readonly string[]>

  /** Gives back the room of a blob, unless it is held, or `isWanted` at the last moment. */
  remove(digest: string, isWanted: () => boolean): Promise<boolean>

  /** Gives back the room of uploads that nothing was added to for so long. */
  forgetUploads(msUnused: number): Promise<void>
}

export interface ByteRange {
  readonly from: number
  readonly to: number
}

/** What a caller is told to try again for: no room, or the disk failed. */
export class BlobsUnavailable extends Error {
  override readonly name = "BlobsUnavailable"
}

/** What came is not what its digest says; nothing of it is kept. */
export class DigestMismatch extends Error {
  override readonly name = "DigestMismatch"
  readonly actual: string

  constructor(actual: string) {
    super(`The content has the digest ${actual}.`)
    this.actual = actual
  }
}

/** An upload cannot be added to: it has ended, another piece is being added, or this one belongs elsewhere or is too much. */
export class UploadRefused extends Error {
  override readonly name = "UploadRefused"
  readonly reason: "gone" | "busy" | "misplaced" | "too large"

  /** How much has come. */
  readonly received: number

  constructor(reason: UploadRefused["reason"], received = 0) {
    super(`The upload is ${reason}.`)
    this.reason = reason
    this.received = received
  }
}

export function isDigest(text: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(text)
}
