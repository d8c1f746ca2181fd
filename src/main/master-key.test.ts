import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { seededRandom } from "../world/simulated.ts"
import {
  checkValueOf,
  createMasterKey,
  hasCheckValue,
  MasterKeyRefused,
  openMasterKey,
  readMasterKey,
} from "./master-key.ts"

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "homeport-master-key-"))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return directory
}

test("the first start makes a key that only its owner can read, and later ones find it", () => {
  const directory = newDirectory()
  const path = join(directory, "master-key")

  expect(readMasterKey(path)).toBeUndefined()
  const key = openMasterKey(path, seededRandom(1))
  expect(key).toHaveLength(32)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(openMasterKey(path, seededRandom(2))).toEqual(key)
  expect(readdirSync(directory)).toEqual(["master-key"])
})

test("a key that is there is never replaced", () => {
  const path = join(newDirectory(), "master-key")
  createMasterKey(path, seededRandom(1))
  const before = readFileSync(path)

  createMasterKey(path, seededRandom(2))
  expect(readFileSync(path)).toEqual(before)
})

test("a key that others can read is refused, with what to do about it", () => {
  const path = join(newDirectory(), "master-key")
  createMasterKey(path, seededRandom(1))

  for (const mode of [0o640, 0o604, 0o660]) {
    chmodSync(path, mode)
    expect(() => readMasterKey(path)).toThrow(`chmod 600 ${path}`)
  }
  chmodSync(path, 0o400)
  expect(readMasterKey(path)).toHaveLength(32)
})

test("what is no key is refused and left as it is", () => {
  const path = join(newDirectory(), "master-key")
  const right = Buffer.alloc(32, 1).toString("base64")
  for (const text of ["", "too short\n", right.slice(4), `${right}${right}`, ` ${right}`, `${right}\n${right}\n`]) {
    writeFileSync(path, text, { mode: 0o600 })
    expect(() => openMasterKey(path, seededRandom(1))).toThrow(MasterKeyRefused)
    expect(readFileSync(path, "utf8")).toBe(text)
  }
  const directory = join(newDirectory(), "master-key")
  mkdirSync(directory, 0o700)
  expect(() => readMasterKey(directory)).toThrow("is not a file")
})

test("the check value tells a wrong key from the right one", () => {
  const key = new Uint8Array(32).fill(1)
  const checkValue = checkValueOf(key)

  expect(hasCheckValue(key, checkValue)).toBe(true)
  expect(hasCheckValue(new Uint8Array(32).fill(2), checkValue)).toBe(false)
  expect(hasCheckValue(key, "")).toBe(false)
  expect(checkValue).not.toContain(Buffer.from(key).toString("hex"))
})
