import { expect, test } from "vitest"
import { secretOf } from "./credentials.ts"
import { keysOf } from "./keys.ts"

const masterKey = new Uint8Array(32).fill(7)

test("a derived key is 32 bytes, the same at every time and another for every purpose and master key", () => {
  const key = keysOf(masterKey).derive("kms/v1")
  expect(key).toHaveLength(32)
  expect(keysOf(masterKey).derive("kms/v1")).toEqual(key)
  expect(keysOf(masterKey).derive("kms/v2")).not.toEqual(key)
  expect(keysOf(new Uint8Array(32).fill(8)).derive("kms/v1")).not.toEqual(key)
})

test("secrets of access keys are those that were given out before", () => {
  expect(keysOf(masterKey).secretOf("AKIAEXAMPLE")).toBe(secretOf(masterKey, "AKIAEXAMPLE"))
})
