import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { memoryFolder } from "./memory-folder.ts"

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "homeport-memory-"))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

test("a folder on a disk is none in memory, and one that is missing is none either", () => {
  expect(memoryFolder("/data/node", ["/proc", "/missing"])).toBeUndefined()
})

test("a folder that was chosen before is chosen again, whatever room there is by now", () => {
  const [first, second] = [aFolder(), aFolder()]
  const name = basename(memoryFolder("/data/node", ["/dev/shm"]) ?? "")
  mkdirSync(join(second, name))
  expect(memoryFolder("/data/node", [first, second])).toBe(join(second, name))
  expect(memoryFolder("/data/other", [first, second])).not.toBe(join(second, name))
})
