import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { LogReader } from "./log-reader.ts"

let folder: string
let path: string
let reader: LogReader
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "homeport-log-"))
  path = join(folder, "log")
  reader = new LogReader(path)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const read = () => Array.fromAsync(reader.lines())

test("each line comes once", async () => {
  writeFileSync(path, "one\ntwo\n")
  expect(await read()).toEqual(["one", "two"])
  expect(await read()).toEqual([])
  appendFileSync(path, "three\n")
  expect(await read()).toEqual(["three"])
})

test("a line that is half written, even in the middle of a character, comes when it is whole", async () => {
  const line = Buffer.from("a café\n")
  writeFileSync(path, line.subarray(0, 6))
  expect(await read()).toEqual([])
  expect(reader.rest).toBe("a caf")
  appendFileSync(path, line.subarray(6))
  expect(await read()).toEqual(["a café"])
  expect(reader.rest).toBeUndefined()
})

test("lines longer than what is read at once stay whole", async () => {
  const long = "é".repeat(100_001)
  writeFileSync(path, `x${long}\n${long}\n`)
  expect(await read()).toEqual([`x${long}`, long])
})

test("a log that was cut is read from its beginning", async () => {
  writeFileSync(path, "one\ntwo\nhal")
  await read()
  truncateSync(path)
  appendFileSync(path, "three\n")
  expect(await read()).toEqual(["three"])
})

test("a log that is gone has no lines, and may come back", async () => {
  writeFileSync(path, "a first line\n")
  await read()
  rmSync(path)
  expect(await read()).toEqual([])
  writeFileSync(path, "two\n")
  expect(await read()).toEqual(["two"])
})
