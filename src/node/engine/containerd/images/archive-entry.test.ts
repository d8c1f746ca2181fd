import { text } from "node:stream/consumers"
import { gzipSync } from "node:zlib"
import { expect, test } from "vitest"
import { type Files, tarOf } from "../../../../../test/image/layer.ts"
import { entriesOf } from "./archive-entry.ts"

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function readAll(tar: Uint8Array, size = 1000): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for await (const { path, linkTo, bytes } of entriesOf(inPieces(tar, size))) {
    found[path] = linkTo === undefined ? await text(bytes) : `-> ${linkTo}`
  }
  return found
}

const files: Files = {
  "./a/": {},
  "./a/one": "first",
  "a/two": "x".repeat(3000),
  "a/three": { type: "symlink", linkname: "../b/four" },
  "b/five": { type: "link", linkname: "a/one" },
}
const found = { "a/one": "first", "a/two": "x".repeat(3000), "a/three": "-> b/four", "b/five": "-> a/one" }

test.each([1, 511, 4096, 100_000])(
  "files come as they stand in the tar, however it comes (%i bytes at a time)",
  async (size) => {
    expect(await readAll(await tarOf(files), size)).toEqual(found)
  },
)

test("a tar may be packed", async () => {
  expect(await readAll(gzipSync(await tarOf(files)))).toEqual(found)
})

test("what nobody reads is passed over", async () => {
  const paths: string[] = []
  for await (const { path } of entriesOf(inPieces(await tarOf(files), 700))) paths.push(path)
  expect(paths).toEqual(Object.keys(found))
})

test.each<[string, Files]>([
  ["leads out of it", { "../evil": "x" }],
  ["leads out of it", { "a/../../evil": "x" }],
  ["leads out of it", { "/etc/passwd": "x" }],
  ["leads out of it", { "a/link": { type: "symlink", linkname: "../../etc/passwd" } }],
  ["leads out of it", { "a/link": { type: "symlink", linkname: "/etc/passwd" } }],
  ["leads out of it", { link: { type: "link", linkname: "../evil" } }],
  ["has a character-device", { zero: { type: "character-device", devmajor: 1, devminor: 5 } }],
  ["has a fifo", { pipe: { type: "fifo" } }],
])("an archive that %s is refused: %j", async (reason, files) => {
  await expect(readAll(await tarOf(files))).rejects.toMatchObject({
    kind: "invalid",
    message: expect.stringContaining(reason),
  })
})

test("a tar that ends too soon, or is none, is refused", async () => {
  const whole = await tarOf(files)
  for (const bytes of [whole.subarray(0, 1200), Buffer.alloc(5000, "no tar at all"), gzipSync(whole).subarray(0, 60)]) {
    await expect(readAll(bytes)).rejects.toMatchObject({ kind: "invalid" })
  }
})

test("a header is not gathered beyond all bounds", async () => {
  let given = 0
  const endless = (async function* () {
    const header = Buffer.from((await tarOf({ long: "" })).subarray(0, 512))
    // A pax header that says that it is a gigabyte long.
    header.write("10000000000", 124)
    header.write("x", 156)
    header.write("        ", 148)
    header.write(
      `${header
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, "0")}\0 `,
      148,
    )
    yield header
    for (; given < 100; given++) yield Buffer.alloc(1024 ** 2)
  })()
  const read = async () => {
    for await (const _ of entriesOf(endless)) throw new Error("there is nothing in it")
  }
  await expect(read()).rejects.toThrow("Header exceeds max size")
  expect(given).toBeLessThan(20)
})

test("what goes wrong with the source is told, and the source is let go", async () => {
  const whole = await tarOf(files)
  let ended = false
  const source = (async function* () {
    try {
      yield whole.subarray(0, 1500)
      throw new Error("the connection broke")
    } finally {
      ended = true
    }
  })()
  const read = async () => {
    for await (const _ of entriesOf(source));
  }
  await expect(read()).rejects.toThrow("the connection broke")
  expect(ended).toBe(true)
})
