import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, test } from "vitest"
import { realWorld } from "../../../world/real.ts"
import { digestOf } from "./digest.ts"
import { FileBlobStore, type FileBlobStoreOptions } from "./file.ts"
import { FileThread } from "./file-thread.ts"
import { blobStoreSuite, bytesOf, pieces, whole } from "./suite.ts"

interface TestFolder extends Disposable {
  readonly path: string
  open(options?: Pick<FileBlobStoreOptions, "bytesMax" | "knownMax">): Promise<FileBlobStore>
}

function testFolder(): TestFolder {
  const path = mkdtempSync(join(tmpdir(), `homeport-ecr-blobs-${process.pid}-`))
  return {
    path,
    async open(options) {
      const store = new FileBlobStore({ world: realWorld(), directory: path, ...options })
      await store.open()
      return store
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}

blobStoreSuite("blobs in files", async () => {
  const folder = testFolder()
  const stores = [await folder.open()]
  return {
    store: stores[0]!,
    async restart() {
      stores.push(await folder.open())
      return stores.at(-1)!
    },
    async [Symbol.asyncDispose]() {
      for (const store of stores) await store.close()
      folder[Symbol.dispose]()
    },
  }
})

test("an upload that nobody added to for long is forgotten, with its file", async () => {
  using folder = testFolder()
  const store = await folder.open()
  await store.append("old", 0, pieces([bytesOf(1)]))
  await store.append("new", 0, pieces([bytesOf(1)]))
  utimesSync(join(folder.path, "uploads/old"), 1, 1)
  await store.forgetUploads(1_000_000)
  expect(readdirSync(join(folder.path, "uploads"))).toEqual(["new"])
  await store.close()
})

test("an upload that is larger than a blob may be is refused, and gives its room back", async () => {
  using folder = testFolder()
  const store = await folder.open({ bytesMax: 100 })
  await store.append("u", 0, pieces([bytesOf(60)]))
  await expect(store.append("u", 60, pieces([bytesOf(41)]))).rejects.toMatchObject({ reason: "too large" })
  expect(readdirSync(join(folder.path, "uploads"))).toEqual([])
  await store.append("v", 0, pieces([bytesOf(60)]))
  await expect(store.finish("v", digestOf(bytesOf(101)), bytesOf(41))).rejects.toMatchObject({ reason: "too large" })
  await store.close()
})

test("uploads that nobody ends keep few files open, and may all still be gone on with", async () => {
  using folder = testFolder()
  const store = await folder.open({ knownMax: 280 })
  const names = Array.from({ length: 300 }, (_, index) => `u${index}`)
  for (const name of names) await store.append(name, 0, pieces([bytesOf(3)]))
  const open = readdirSync("/proc/self/fd").filter((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`).startsWith(join(folder.path, "uploads"))
    } catch {
      return false
    }
  })
  expect(open.length).toBeLessThanOrEqual(256)
  for (const name of names) {
    expect(await store.append(name, 3, pieces([bytesOf(6).subarray(3)]))).toBe(6)
    expect(await store.finish(name, digestOf(bytesOf(6)))).toBe(6)
  }
  await store.close()
})

test("a thread that has died is begun anew", async () => {
  const thread = new FileThread()
  await expect(thread.ask(undefined as never)).rejects.toThrow()
  using folder = testFolder()
  await thread.ask({ kind: "resume", path: join(folder.path, "u"), size: 0 })
  expect(await thread.ask({ kind: "end", path: join(folder.path, "u") })).toMatchObject({
    digest: digestOf(bytesOf(0)),
  })
  await thread.close()
  await expect(thread.ask({ kind: "end", path: "u" })).rejects.toThrow("ended")
})

test("what a killed process has half written is taken away at the next start", async () => {
  using folder = testFolder()
  await (await folder.open()).close()
  writeFileSync(join(folder.path, "uploads/7.draft"), "half")
  await (await folder.open()).close()
  expect(readdirSync(join(folder.path, "uploads"))).toEqual([])
})

test("bytes that a lost machine never brought to its disk are found out by the digest, and the upload may begin again", async () => {
  using folder = testFolder()
  const bytes = bytesOf(100)
  const first = await folder.open()
  await first.append("u", 0, pieces([bytes.subarray(0, 50)]))
  await first.close()
  writeFileSync(join(folder.path, "uploads/u"), Buffer.alloc(50))
  const store = await folder.open()
  await store.append("u", 50, pieces([bytes.subarray(50)]))
  await expect(store.finish("u", digestOf(bytes))).rejects.toThrow("The content has the digest")
  await store.append("v", 0, pieces([bytes]))
  await store.finish("v", digestOf(bytes))
  expect(await whole(store.read(digestOf(bytes)))).toEqual(bytes)
  expect(existsSync(join(folder.path, "uploads/u"))).toBe(false)
  await store.close()
})
