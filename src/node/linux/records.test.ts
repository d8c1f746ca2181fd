import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import fc from "fast-check"
import { expect, onTestFinished, test } from "vitest"
import { fileNameOf, idOf, Records } from "./records.ts"

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "homeport-records-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test("records are there again after a restart, until they are deleted", () => {
  const folder = aFolder()
  const records = new Records<{ n: number }>(folder)
  records.put("local/1", { n: 1 })
  records.put("local/2", { n: 2 })
  records.put("local/2", { n: 3 })
  records.delete("local/1")
  records.delete("local/1")
  expect([...new Records<{ n: number }>(folder).entries()]).toEqual([["local/2", { n: 3 }]])
})

test("what a crash left half written is forgotten", () => {
  const folder = aFolder()
  writeFileSync(join(folder, "torn.json"), '{"n":')
  writeFileSync(join(folder, "new.json~"), '{"n":1}')
  expect([...new Records(folder).entries()]).toEqual([])
  expect(readdirSync(folder)).toEqual([])
})

test("any id is the name of one file", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (id) => {
      expect(fileNameOf(id)).not.toMatch(/[/.\0]/)
      expect(idOf(fileNameOf(id))).toBe(id)
    }),
  )
})
