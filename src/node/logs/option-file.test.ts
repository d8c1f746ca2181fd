import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, test } from "vitest"
import { LogRefusal } from "./driver.ts"
import { readOptionFile } from "./option-file.ts"

test("a device, a folder, or nothing is no certificate", () => {
  for (const path of ["/dev/zero", "/", "/nowhere/ca.pem"]) expect(() => readOptionFile(path)).toThrow(LogRefusal)
})

test("a small file is read, and a large one refused", () => {
  const folder = mkdtempSync(join(tmpdir(), "homeport-option-"))
  try {
    writeFileSync(join(folder, "ca.pem"), "certificate")
    writeFileSync(join(folder, "large"), Buffer.alloc(2 ** 20 + 1))
    expect(readOptionFile(join(folder, "ca.pem")).toString()).toBe("certificate")
    expect(() => readOptionFile(join(folder, "large"))).toThrow(LogRefusal)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
