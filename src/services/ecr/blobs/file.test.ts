import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, test } from "vitest"
import { realWorld } from "../../../world/real.ts"
import { digestOf } from "./digest.ts"
import { FileBlobStore } from "./file.ts"
import { blobStoreSuite, bytesOf, pieces, whole } from "./suite.ts"

interface TestFolder extends Disposable {
  readonly path: string
  open(): Promise<FileBlobStore>
}

function testFolder(): TestFolder {
  const path = mkdtempSync(join(tmpdir(), `homeport-ecr-blobs-${process.pid}-`))
  return {
    path,
    async open() {
      const store = new FileBlobStore({ world: realWorld(), directory: path })
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
