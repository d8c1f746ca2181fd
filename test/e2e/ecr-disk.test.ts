import { execFileSync } from "node:child_process"
import { rmSync, statfsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { BlobsUnavailable } from "../../src/services/ecr/blobs/blob-store.ts"
import { digestOf } from "../../src/services/ecr/blobs/digest.ts"
import { FileBlobStore } from "../../src/services/ecr/blobs/file.ts"
import { bytesOf, pieces, whole } from "../../src/services/ecr/blobs/suite.ts"
import { realWorld } from "../../src/world/real.ts"
import { testFolder } from "./folder.ts"

/** A disk of a few mebibytes, gone with the test. */
function smallDisk(): string {
  const path = testFolder()
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", `homeport-e2e-ecr-${process.pid}`, path])
  onTestFinished(() => void execFileSync("umount", ["--lazy", path]))
  return path
}

test("images leave room on the disk for what the region writes down for everyone", async () => {
  const directory = smallDisk()
  const store = new FileBlobStore({ world: realWorld(), directory })
  await store.open()
  onTestFinished(() => store.close())
  const endless = async function* () {
    for (;;) yield bytesOf(65_536)
  }
  await expect(store.append("u", 0, endless())).rejects.toThrow(BlobsUnavailable)
  for (let seed = 0; seed < 100; seed++) {
    const bytes = bytesOf(32_768, seed)
    await store.put(digestOf(bytes), bytes).catch(() => {})
  }
  const { bavail, bsize } = statfsSync(directory)
  expect(bavail * bsize).toBeGreaterThan(150_000)
})

test("a disk without room costs nobody what is stored already, and an upload goes on once there is room", async () => {
  const directory = smallDisk()
  const store = new FileBlobStore({ world: realWorld(), directory })
  await store.open()
  onTestFinished(() => store.close())
  const [small, large] = [bytesOf(1_000), bytesOf(2_600_000, 7)]
  await store.put(digestOf(small), small)
  writeFileSync(join(directory, "filling"), Buffer.alloc(2_000_000))

  const parts = [large.subarray(0, 1_300_000), large.subarray(1_300_000)]
  await expect(store.append("u", 0, pieces(parts))).rejects.toThrow(BlobsUnavailable)
  await expect(store.put(digestOf(large), large)).rejects.toThrow("There is no room left for images on the disk.")
  expect(await whole(store.read(digestOf(small)))).toEqual(small)

  rmSync(join(directory, "filling"))
  const received = (await store.received("u"))!
  expect(received).toBeLessThan(large.length)
  await store.append("u", received, pieces([large.subarray(received)]))
  expect(await store.finish("u", digestOf(large))).toBe(large.length)
  expect(await whole(store.read(digestOf(large)))).toEqual(large)
})
