import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { recordingLog } from "../world/log.ts"
import { fileOf, issuerKeysIn } from "./issuer-keys.ts"

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "homeport-issuers-"))
})
afterAll(() => rmSync(directory, { recursive: true }))

test("an issuer's keys are those of its file, as it is now", async () => {
  const issuers = issuerKeysIn(directory, recordingLog())
  const host = "token.example.com/realms/shop"
  expect(await issuers.of(host)).toBeUndefined()

  const file = join(directory, fileOf(host))
  for (const kid of ["one", "two"]) {
    writeFileSync(file, JSON.stringify({ keys: [{ kty: "RSA", kid }] }))
    expect(await issuers.of(host)).toEqual([{ kty: "RSA", kid }])
  }
})

test("an issuer has one file in the directory, whatever it is called", () => {
  expect(fileOf("token.example.com/a")).toBe("token.example.com%2Fa.json")
  expect(fileOf("../../etc/passwd")).not.toContain("/")
})

test("a file that holds no keys is told of, and lets nobody in", async () => {
  const log = recordingLog()
  for (const text of ["{", "[]", '{"keys":1}', "null"]) {
    writeFileSync(join(directory, fileOf("bad.example.com")), text)
    expect(await issuerKeysIn(directory, log).of("bad.example.com")).toBeUndefined()
  }
  expect(log.lines.filter(({ level }) => level === "warn")).toHaveLength(4)
})
