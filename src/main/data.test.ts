import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { contentOf, dataDirectory, prepare, readRunRecord, removeRunRecord, writeRunRecord } from "./data.ts"

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "homeport-data-"))
})
afterEach(() => rmSync(folder, { recursive: true }))

const record = { endpoint: "http://127.0.0.1:4566", port: 4566, startedAt: 1, region: { pid: 12 } }

test("the directory is made for this user alone, with all that leads to it", () => {
  const data = dataDirectory(join(folder, "a/b"))
  prepare(data)
  expect(statSync(data.path).mode & 0o777).toBe(0o700)
})

test.each(["", "lost+found", "master.key", "journal.sqlite"])(
  "a directory that others may enter is closed to them when it is empty or ours already: %s",
  (name) => {
    if (name !== "") writeFileSync(join(folder, name), "")
    chmodSync(folder, 0o755)
    prepare(dataDirectory(folder))
    expect(statSync(folder).mode & 0o777).toBe(0o700)
  },
)

test.each([
  { mode: 0o755, name: "somebody's" },
  { mode: 0o1777, name: "somebody's" },
  { mode: 0o1777, name: "master.key" },
])("a directory that others use is refused and stays as it is: $mode with $name", ({ mode, name }) => {
  writeFileSync(join(folder, name), "")
  chmodSync(folder, mode)
  expect(() => prepare(dataDirectory(folder))).toThrow(
    `Cannot keep data in ${folder}: others may enter it, and it is not Homeport's alone. Name another directory with --data.`,
  )
  expect(statSync(folder).mode & 0o7777).toBe(mode)
})

test("a directory that nobody else may enter will do, whatever lies there", () => {
  writeFileSync(join(folder, "ours"), "")
  prepare(dataDirectory(folder))
  expect(statSync(folder).mode & 0o777).toBe(0o700)
})

test("what cannot hold data is refused in a sentence", () => {
  writeFileSync(join(folder, "file"), "")
  expect(() => prepare(dataDirectory(join(folder, "file")))).toThrow(
    "it is not a directory. Name another directory with --data.",
  )
  expect(() => prepare(dataDirectory(join(folder, "file/inside")))).toThrow("it is not a directory")
  expect(() => prepare(dataDirectory(join(folder, "x".repeat(100))))).toThrow("is too long for a socket in it")
})

test("the record of a run is this user's alone, and taken away only by the one who wrote it", () => {
  const data = dataDirectory(folder)
  writeRunRecord(data, record)
  expect(statSync(data.run).mode & 0o777).toBe(0o600)
  expect(readRunRecord(data)).toEqual(record)

  removeRunRecord(data, 13)
  expect(readRunRecord(data)).toEqual(record)
  removeRunRecord(data, 12)
  expect(readRunRecord(data)).toBeUndefined()
})

test("a record that was cut short counts as none", () => {
  const data = dataDirectory(folder)
  writeFileSync(data.run, '{"endpoint":')
  expect(readRunRecord(data)).toBeUndefined()
})

test("what is not of Homeport's making is told apart", () => {
  const own = [
    "journal.sqlite",
    "journal.sqlite-wal",
    "homeport.log.1",
    "master.key",
    "node",
    "node.sock",
    "run.json.812",
  ]
  for (const name of [...own, "notes.txt", "nodes", "master.keyring"]) writeFileSync(join(folder, name), "")
  const { own: found, foreign } = contentOf(dataDirectory(folder))
  expect([found.toSorted(), foreign.toSorted()]).toEqual([own.toSorted(), ["master.keyring", "nodes", "notes.txt"]])
})
