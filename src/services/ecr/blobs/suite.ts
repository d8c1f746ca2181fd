import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { type BlobStore, DigestMismatch, UploadRefused } from "./blob-store.ts"
import { digestOf } from "./digest.ts"

export interface BlobsUnderTest extends AsyncDisposable {
  readonly store: BlobStore

  /** What is kept is still there; what is only in memory is gone. */
  restart(): Promise<BlobStore>
}

/** What every store of blobs must do. */
export function blobStoreSuite(name: string, start: () => Promise<BlobsUnderTest>): void {
  describe(name, () => {
    test("a blob is read whole and in any part as soon as it is put, and after a restart", async () => {
      await using under = await start()
      const bytes = bytesOf(1_300_000)
      const digest = digestOf(bytes)
      await under.store.put(digest, bytes)
      await under.store.put(digest, bytes)
      for (const store of [under.store, await under.restart()]) {
        expect(await store.has(digest)).toBe(true)
        expect(await whole(store.read(digest))).toEqual(bytes)
        expect(await whole(store.read(digest, { from: 700_000, to: 700_003 }))).toEqual(
          bytes.subarray(700_000, 700_003),
        )
        expect(await whole(store.read(digest, { from: 5, to: 5 }))).toHaveLength(0)
      }
    })

    test("what does not have its digest is refused, and nothing of it is kept", async () => {
      await using under = await start()
      const { store } = under
      const digest = digestOf(bytesOf(5))
      await expect(store.put(digest, bytesOf(6))).rejects.toThrow(DigestMismatch)
      await store.append("u", 0, pieces([bytesOf(6)]))
      await expect(store.finish("u", digest)).rejects.toThrow(new DigestMismatch(digestOf(bytesOf(6))).message)
      expect(await store.has(digest)).toBe(false)
      expect(await store.received("u")).toBeUndefined()
    })

    test("an upload that comes in any pieces, over any restarts, becomes the blob that its bytes make", async () => {
      const part = fc.record({
        sizes: fc.array(fc.integer({ min: 0, max: 9_000 }), { maxLength: 4 }),
        restarts: fc.boolean(),
      })
      await fc.assert(
        fc.asyncProperty(fc.array(part, { maxLength: 5 }), async (parts) => {
          await using under = await start()
          let { store } = under
          let size = 0
          for (const { sizes, restarts } of parts) {
            const sent = sizes.map((length, index) => bytesOf(length, size + index))
            expect(await store.append("u", size, pieces(sent))).toBe(size + sum(sizes))
            size += sum(sizes)
            written.push(...sent)
            if (restarts) store = await under.restart()
            expect(await store.received("u")).toBe(size)
          }
          const bytes = Buffer.concat(written.splice(0))
          expect(await store.finish("u", digestOf(bytes))).toBe(size)
          expect(await whole(store.read(digestOf(bytes)))).toEqual(bytes)
          await expect(store.append("u", undefined, pieces([]))).rejects.toThrow(UploadRefused)
        }),
        { numRuns: 20 },
      )
    })
    const written: Uint8Array[] = []

    test("what came before an upload broke off stays, and the rest may follow", async () => {
      await using under = await start()
      const { store } = under
      const bytes = bytesOf(3_000_000)
      const breaking = async function* () {
        yield bytes.subarray(0, 1_500_000)
        throw new Error("gone")
      }
      await expect(store.append("u", 0, breaking())).rejects.toThrow("gone")
      expect(await store.received("u")).toBe(1_500_000)
      await store.append("u", 1_500_000, pieces([bytes.subarray(1_500_000)]))
      expect(await store.finish("u", digestOf(bytes))).toBe(bytes.length)
    })

    test("a piece goes to the end of its upload, and nowhere else", async () => {
      await using under = await start()
      const { store } = under
      await store.append("u", 0, pieces([bytesOf(4)]))
      await expect(store.append("u", 3, pieces([bytesOf(1)]))).rejects.toMatchObject({
        reason: "misplaced",
        received: 4,
      })
      await expect(store.append("u", 5, pieces([bytesOf(1)]))).rejects.toMatchObject({
        reason: "misplaced",
        received: 4,
      })
    })

    test("while a piece is being added, nobody else adds to the upload, ends it or gives it up", async () => {
      await using under = await start()
      const { store } = under
      const [begun, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      const slow = async function* () {
        begun.resolve()
        yield bytesOf(1)
        await end.promise
      }
      const appending = store.append("u", 0, slow())
      await begun.promise
      await expect(store.append("u", undefined, pieces([]))).rejects.toMatchObject({ reason: "busy" })
      await expect(store.finish("u", digestOf(bytesOf(1)))).rejects.toMatchObject({ reason: "busy" })
      await expect(store.abandon("u")).rejects.toMatchObject({ reason: "busy" })
      await store.forgetUploads(0)
      end.resolve()
      await appending
      expect(await store.finish("u", digestOf(bytesOf(1)))).toBe(1)
    })

    test("an upload that was given up is gone, and one that nobody added to is forgotten", async () => {
      await using under = await start()
      const { store } = under
      expect(await store.received("never seen")).toBe(0)
      await store.append("a", 0, pieces([bytesOf(1)]))
      await store.abandon("a")
      expect(await store.received("a")).toBeUndefined()
      await store.append("b", 0, pieces([bytesOf(1)]))
      await store.forgetUploads(60_000)
      expect(await store.received("b")).toBe(1)
    })

    test("a blob is removed unless it is held or wanted at the last moment, and may come again", async () => {
      await using under = await start()
      const { store } = under
      const bytes = bytesOf(10)
      const digest = digestOf(bytes)
      await store.put(digest, bytes)
      expect(await store.remove(digest, () => true)).toBe(false)
      {
        using _ = store.hold(digest)
        using _again = store.hold(digest)
        expect(await store.remove(digest, () => false)).toBe(false)
      }
      expect((await listed(store)).includes(digest)).toBe(true)
      const removal = store.remove(digest, () => false)
      await store.put(digest, bytes)
      expect(await removal).toBe(true)
      expect(await whole(store.read(digest))).toEqual(bytes)
      expect(await store.remove(digest, () => false)).toBe(true)
      expect(await listed(store)).toEqual([])
    })
  })
}

export function bytesOf(length: number, seed = 1): Uint8Array {
  const bytes = Buffer.alloc(length)
  for (let index = 0; index < length; index++) bytes[index] = (index * 31 + (index >> 8) + seed) & 0xff
  return bytes
}

export async function whole(blob: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of blob) parts.push(Buffer.from(part))
  return Buffer.concat(parts)
}

export async function* pieces(all: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* all
}

async function listed(store: BlobStore): Promise<readonly string[]> {
  const all: string[] = []
  for await (const some of store.digests()) all.push(...some)
  return all
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
