import { expect, test } from "vitest"
import { silentLog } from "../../../world/log.ts"
import { realWorld } from "../../../world/real.ts"
import { sleep } from "../../../world/world.ts"
import { BlobsUnavailable } from "./blob-store.ts"
import { digestOf } from "./digest.ts"
import { S3BlobStore } from "./s3.ts"
import { partsOf } from "./s3-placing.ts"
import { type TestS3, testS3 } from "./s3-server.testing.ts"
import { chunksOf } from "./s3-upload.ts"
import { blobStoreSuite, bytesOf, pieces, whole } from "./suite.ts"

const MIB = 2 ** 20

function storeIn({ place }: TestS3, options: { readonly bytesMax?: number; readonly msSilentMax?: number } = {}) {
  return new S3BlobStore({ world: hurried(), place, ...options })
}

/** Pauses between tries are short. */
function hurried() {
  const world = realWorld()
  return { ...world, log: silentLog, after: (_ms: number, task: () => void) => world.after(1, task) }
}

function blobIn(s3: TestS3, bytes: Uint8Array): Buffer | undefined {
  return s3.objects.get(`blobs/sha256/${digestOf(bytes).slice("sha256:".length)}`)
}

function leftIn(s3: TestS3): string[] {
  return [...s3.objects.keys()].filter((name) => !name.startsWith("blobs/"))
}

blobStoreSuite("blobs in an object store", async () => {
  const s3 = await testS3()
  const stores = [storeIn(s3)]
  return {
    store: stores[0]!,
    async restart() {
      stores.push(storeIn(s3))
      return stores.at(-1)!
    },
    async [Symbol.asyncDispose]() {
      for (const store of stores) await store.close()
      await s3[Symbol.asyncDispose]()
    },
  }
})

test("a large blob that came over two processes is put together by the store, and its chunks are gone", async () => {
  await using s3 = await testS3()
  const bytes = bytesOf(30 * MIB)
  const first = storeIn(s3)
  await first.append("u", 0, pieces([bytes.subarray(0, 7 * MIB), bytes.subarray(7 * MIB, 18 * MIB)]))
  await first.close()
  const second = storeIn(s3)
  expect(await second.received("u")).toBe(18 * MIB)
  await second.append("u", 18 * MIB, pieces([bytes.subarray(18 * MIB, 29 * MIB)]))
  expect(blobIn(s3, bytes)).toBeUndefined()
  expect(await second.finish("u", digestOf(bytes), bytes.subarray(29 * MIB))).toBe(bytes.length)
  expect(blobIn(s3, bytes)?.equals(bytes)).toBe(true)
  expect(await whole(second.read(digestOf(bytes), { from: 15 * MIB, to: 15 * MIB + 9 }))).toEqual(
    bytes.subarray(15 * MIB, 15 * MIB + 9),
  )
  expect(leftIn(s3)).toEqual([])
  expect(s3.multiparts.size).toBe(0)
  await second.close()
})

test("nothing is acknowledged before the store has it, and a store that comes back loses nothing", async () => {
  await using s3 = await testS3()
  const store = storeIn(s3)
  const bytes = bytesOf(20 * MIB)
  await store.append("u", 0, pieces([bytes.subarray(0, 9 * MIB)]))
  s3.meddle = () => 503
  await expect(store.put(digestOf(bytesOf(5)), bytesOf(5))).rejects.toThrow("answers 503.")
  await expect(store.append("u", 9 * MIB, pieces([bytes.subarray(9 * MIB)]))).rejects.toThrow("answers 503 ToldTo.")
  await expect(store.finish("u", digestOf(bytes))).rejects.toThrow(BlobsUnavailable)
  s3.meddle = () => undefined
  expect(await store.has(digestOf(bytesOf(5)))).toBe(false)
  const again = storeIn(s3)
  expect(await again.received("u")).toBe(9 * MIB)
  await again.append("u", 9 * MIB, pieces([bytes.subarray(9 * MIB)]))
  s3.meddle = (asked) => (asked.includes("partNumber=2") ? 500 : undefined)
  await expect(again.finish("u", digestOf(bytes))).rejects.toThrow(BlobsUnavailable)
  expect(s3.multiparts.size).toBe(0)
  s3.meddle = () => undefined
  expect(await again.finish("u", digestOf(bytes))).toBe(bytes.length)
  expect(blobIn(s3, bytes)?.equals(bytes)).toBe(true)
  await Promise.all([store.close(), again.close()])
})

test("a chunk that fails in the middle cuts off what came after it, and no more", async () => {
  await using s3 = await testS3()
  const store = storeIn(s3)
  const bytes = bytesOf(24 * MIB)
  s3.meddle = (asked) => (asked.includes(`/${String(8 * MIB).padStart(12, "0")}-`) ? 507 : undefined)
  await expect(store.append("u", 0, pieces([bytes]))).rejects.toThrow("There is no room left for images")
  s3.meddle = () => undefined
  for (const each of [store, storeIn(s3)]) expect(await each.received("u")).toBe(8 * MIB)
  await store.append("u", 8 * MIB, pieces([bytes.subarray(8 * MIB)]))
  expect(await store.finish("u", digestOf(bytes))).toBe(bytes.length)
  expect(blobIn(s3, bytes)?.equals(bytes)).toBe(true)
  await store.close()
})

test("a store that is away is no store without the blob", async () => {
  const s3 = await testS3()
  const store = storeIn(s3)
  await s3[Symbol.asyncDispose]()
  await expect(store.has(digestOf(bytesOf(1)))).rejects.toThrow("cannot be reached: ECONNREFUSED")
  await expect(whole(store.read(digestOf(bytesOf(1)), { from: 0, to: 1 }))).rejects.toThrow(BlobsUnavailable)
  await store.open()
  await store.close()
})

test("a store that falls silent is given up, and one try that it leaves without an answer is followed by another", async () => {
  await using s3 = await testS3()
  const store = storeIn(s3, { msSilentMax: 30 })
  const bytes = bytesOf(10)
  s3.meddle = () => "silent"
  await expect(store.put(digestOf(bytes), bytes)).rejects.toThrow("no answer in 30 ms")
  let lost = 0
  s3.meddle = (asked) => (asked.startsWith("PUT") && lost++ === 0 ? "answer lost" : undefined)
  await store.put(digestOf(bytes), bytes)
  expect(lost).toBe(2)
  expect(blobIn(s3, bytes)).toEqual(Buffer.from(bytes))
  await store.close()
})

test("a large blob whose completion was not answered is known to be there", async () => {
  await using s3 = await testS3()
  const store = storeIn(s3)
  const bytes = bytesOf(9 * MIB)
  await store.append("u", 0, pieces([bytes]))
  s3.meddle = (asked) => (/^POST .*uploadId/.test(asked) && s3.multiparts.size === 1 ? "answer lost" : undefined)
  expect(await store.finish("u", digestOf(bytes))).toBe(bytes.length)
  await store.close()
})

test("where the store does not copy into parts, they are read and sent", async () => {
  await using s3 = await testS3()
  const store = storeIn(s3)
  const bytes = bytesOf(17 * MIB)
  await store.append("u", 0, pieces([bytes]))
  let refused = 0
  s3.meddle = (asked) => (asked.includes("partNumber=1") && refused++ === 0 ? 501 : undefined)
  expect(await store.finish("u", digestOf(bytes))).toBe(bytes.length)
  expect(refused).toBe(2)
  expect(blobIn(s3, bytes)?.equals(bytes)).toBe(true)
  await store.close()
})

test("a blob whose answer breaks off is read on from there", async () => {
  await using s3 = await testS3()
  const store = storeIn(s3)
  const bytes = Buffer.from("half of ten")
  await store.put(digestOf(bytes), bytes)
  let broken = 0
  s3.meddle = (asked) => (asked.startsWith("GET") && broken++ === 0 ? "broken" : undefined)
  expect(await whole(store.read(digestOf(bytes)))).toEqual(bytes.subarray(0, 10))
  await store.close()
})

test("a reader that takes its time is not taken for a store that is silent", async () => {
  await using s3 = await testS3()
  const world = realWorld()
  const store = storeIn(s3, { msSilentMax: 30 })
  const bytes = bytesOf(16 * MIB)
  await store.append("u", 0, pieces([bytes]))
  await store.finish("u", digestOf(bytes))
  s3.asked.length = 0
  let read = 0
  for await (const piece of store.read(digestOf(bytes))) {
    if (read === 0) await sleep(world, 150)
    read += piece.length
  }
  expect(read).toBe(bytes.length)
  expect(s3.asked).toHaveLength(1)
  await store.close()
})

test("who is not let in, or names no bucket, is told so at the start; a store that is away is waited for", async () => {
  await using s3 = await testS3()
  const { place } = s3
  const strangers = storeIn({ ...s3, place: { ...place, key: { ...place.key, accessKeyId: "stranger" } } })
  await expect(strangers.open()).rejects.toThrow("403 AccessDenied")
  await expect(storeIn({ ...s3, place: { ...place, bucket: "none" } }).open()).rejects.toThrow("404 NoSuchBucket")
  await storeIn(s3).open()
  await expect(strangers.has(digestOf(bytesOf(1)))).rejects.not.toThrow("very-secret")
})

test("an upload that nobody added to for long is forgotten with its chunks, and so are parts that a dead process has left", async () => {
  await using s3 = await testS3()
  const dead = storeIn(s3)
  for (const name of ["old", "new"]) {
    for (let at = 0; at < 3; at++) await dead.append(name, at, pieces([bytesOf(1)]))
  }
  for (const name of s3.objects.keys()) if (name.startsWith("uploads/old/")) s3.changedAt.set(name, 1)
  s3.multiparts.set("a", { name: "blobs/sha256/a", parts: new Map(), begunAt: 1 })
  s3.multiparts.set("b", { name: "blobs/sha256/b", parts: new Map(), begunAt: 2 ** 42 })
  s3.multiparts.set("c", { name: "blobs/sha256/c", parts: new Map(), begunAt: 1 })
  const store = storeIn(s3)
  await store.forgetUploads(1_000_000)
  expect(leftIn(s3).every((name) => name.startsWith("uploads/new/"))).toBe(true)
  expect(await store.received("new")).toBe(3)
  expect([...s3.multiparts.keys()]).toEqual(["b"])
  s3.meddle = (asked) => (asked.includes("uploads=") ? 501 : undefined)
  await store.forgetUploads(1_000_000)
  await Promise.all([dead.close(), store.close()])
})

test("an upload that is larger than a blob may be is refused, and gives its room back", async () => {
  await using s3 = await testS3()
  const store = storeIn(s3, { bytesMax: 100 })
  await store.append("u", 0, pieces([bytesOf(60)]))
  await expect(store.append("u", 60, pieces([bytesOf(41)]))).rejects.toMatchObject({ reason: "too large" })
  expect(leftIn(s3)).toEqual([])
  await store.close()
})

test("blobs are listed over several pages", async () => {
  await using s3 = await testS3()
  const store = storeIn(s3)
  const digests = Array.from({ length: 8 }, (_, size) => digestOf(bytesOf(size)))
  for (let size = 0; size < 8; size++) await store.put(digests[size]!, bytesOf(size))
  const listed: string[] = []
  for await (const some of store.digests()) listed.push(...some)
  expect(listed).toEqual(digests.toSorted())
  await store.close()
})

test("a blob is not written anew while a removal without an answer may still arrive", async () => {
  await using s3 = await testS3()
  const waits: (() => void)[] = []
  const after = (ms: number, task: () => void) => {
    if (ms < 10_000) return realWorld().after(ms, task)
    waits.push(task)
    return () => {}
  }
  const store = new S3BlobStore({ world: { ...realWorld(), log: silentLog, after }, place: s3.place })
  const bytes = bytesOf(10)
  await store.put(digestOf(bytes), bytes)
  s3.meddle = (asked) => (asked.startsWith("DELETE") ? 500 : undefined)
  expect(await store.remove(digestOf(bytes), () => false)).toBe(false)
  s3.objects.clear()
  s3.asked.length = 0
  const putting = store.put(digestOf(bytes), bytes)
  await store.received("u")
  expect(s3.asked.filter((asked) => asked.includes("blobs/"))).toEqual([])
  for (const go of waits) go()
  await putting
  expect(blobIn(s3, bytes)).toEqual(Buffer.from(bytes))
  await store.close()
})

test("chunks count from the start up to the first gap, the longer one where there are two", () => {
  const objects = [
    ["000-a", 5],
    ["000-b", 7],
    ["005-c", 9],
    ["007-d", 1],
    ["009-e", 1],
  ].map(([name, bytes]) => ({ name: `uploads/u/${name}`, bytes: bytes as number, changedAt: 0 }))
  expect(chunksOf(objects, "uploads/u/").map(({ name }) => name.slice(-1))).toEqual(["b", "d"])
})

test("every part but the last is as large as a part has to be", () => {
  const sizes = [8, 1, 1, 4, 8, 2, 8, 1]
  const parts = partsOf(sizes.map((mib) => ({ name: "", at: 0, bytes: mib * MIB })))
  expect(parts.map((part) => part.map(({ bytes }) => bytes / MIB))).toEqual([[8], [1, 1, 4], [8], [2, 8], [1]])
})
