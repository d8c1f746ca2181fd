import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { fleetingFolder } from "./fleeting.ts"

test("a folder is in memory, unless it was begun on the disk", () => {
  const folder = mkdtempSync(join(tmpdir(), "homeport-fleeting-"))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const names = { namespacesFolder: join(folder, "netns") }
  const [one, other] = [join(folder, "one"), join(folder, "other")]
  const inMemory = fleetingFolder(names, one)
  expect(inMemory.startsWith(names.namespacesFolder)).toBe(true)
  expect(fleetingFolder(names, other)).not.toBe(inMemory)

  mkdirSync(one)
  expect(fleetingFolder(names, one)).toBe(inMemory)
  writeFileSync(join(one, "record.json"), "{}")
  expect(fleetingFolder(names, one)).toBe(one)
})
