import { type BlobStore, DigestMismatch, UploadRefused } from "./blob-store.ts"
import { digestOf } from "./digest.ts"
import { EndedUploads } from "./ended-uploads.ts"
import { Holds } from "./holds.ts"

/** For tests and the simulator: forgets everything with its process, and nothing before. */
export function memoryBlobStore(): BlobStore {
  const blobs = new Map<string, Uint8Array>()
  const uploads = new Map<string, Upload>()
  const ended = new EndedUploads()
  const holds = new Holds()

  function keep(digest: string, bytes: Uint8Array): void {
    const actual = digestOf(bytes)
    if (actual !== digest) throw new DigestMismatch(actual)
    blobs.set(digest, bytes)
  }

  return {
    async *read(digest, range) {
      const bytes = blobs.get(digest)
      if (bytes === undefined) throw new Error(`there is no blob ${digest}`)
      yield range === undefined ? bytes : bytes.subarray(range.from, range.to)
    },

    has: async (digest) => blobs.has(digest),
    put: async (digest, bytes) => keep(digest, bytes.slice()),
    begin() {},
    received: async (name) => (ended.has(name) ? undefined : (uploads.get(name)?.bytes.length ?? 0)),

    async append(name, at, pieces) {
      if (ended.has(name)) throw new UploadRefused("gone")
      const upload = uploads.get(name) ?? { bytes: Buffer.alloc(0), isBusy: false }
      if (upload.isBusy) throw new UploadRefused("busy", upload.bytes.length)
      if (at !== undefined && at !== upload.bytes.length) throw new UploadRefused("misplaced", upload.bytes.length)
      uploads.set(name, upload)
      upload.isBusy = true
      try {
        for await (const piece of pieces) upload.bytes = Buffer.concat([upload.bytes, piece])
      } finally {
        upload.isBusy = false
      }
      return upload.bytes.length
    },

    async finish(name, digest, last) {
      if (ended.has(name)) throw new UploadRefused("gone")
      const { bytes, isBusy } = uploads.get(name) ?? { bytes: Buffer.alloc(0), isBusy: false }
      if (isBusy) throw new UploadRefused("busy", bytes.length)
      uploads.delete(name)
      ended.add(name)
      const all = last === undefined ? bytes : Buffer.concat([bytes, last])
      keep(digest, all)
      return all.length
    },

    async abandon(name) {
      if (uploads.get(name)?.isBusy) throw new UploadRefused("busy")
      uploads.delete(name)
      ended.add(name)
    },

    hold: (digest) => holds.hold(digest),

    async *digests() {
      yield [...blobs.keys()]
    },

    async remove(digest, isWanted) {
      if (holds.has(digest) || isWanted()) return false
      return blobs.delete(digest)
    },

    async forgetUploads() {},
  }
}

interface Upload {
  bytes: Buffer
  isBusy: boolean
}
