import { expect, test } from "vitest"
import { seededRandom } from "../world/simulated.ts"
import { newAccessKeyId, secretOf, secretsOf } from "./credentials.ts"

const masterKey = new Uint8Array(32).fill(7)

test("a secret follows from the master key and the key id, and from nothing else", () => {
  const secret = secretOf(masterKey, "AKIAIOSFODNN7EXAMPLE")

  // Written out: were it ever to come out differently, every key that was handed out would stop working.
  expect(secret).toBe("43oFYVqZICaApYwtg5u61wBl90jvp9M0/VhVerol")
  expect(secretOf(masterKey, "AKIAIOSFODNN7EXAMPLE")).toBe(secret)
  expect(secretOf(masterKey, "AKIAIOSFODNN7EXAMPLF")).not.toBe(secret)
  expect(secretOf(new Uint8Array(32).fill(8), "AKIAIOSFODNN7EXAMPLE")).not.toBe(secret)
})

test("secrets and key ids look like AWS's", () => {
  const random = seededRandom(1)
  for (let i = 0; i < 100; i++) {
    const id = newAccessKeyId(random)
    expect(id).toMatch(/^AKIA[A-Z2-7]{16}$/)
    expect(newAccessKeyId(random, "ASIA")).toMatch(/^ASIA[A-Z2-7]{16}$/)
    expect(secretOf(masterKey, id)).toMatch(/^[A-Za-z0-9+/]{40}$/)
  }
})

test("key ids do not repeat", () => {
  const random = seededRandom(1)
  const ids = new Set(Array.from({ length: 10_000 }, () => newAccessKeyId(random)))

  expect(ids.size).toBe(10_000)
})

test("secrets that are remembered are the ones that are derived", () => {
  const masterKey = new Uint8Array(32).fill(3)
  const secret = secretsOf(masterKey)
  for (let i = 0; i < 9_000; i++) expect(secret(`AKIA${i % 4_500}`)).toBe(secretOf(masterKey, `AKIA${i % 4_500}`))
})
