import fc from "fast-check"
import { expect, test } from "vitest"
import { simulatedWorld } from "../../../world/simulated.ts"
import { open, seal } from "./seal.ts"

const { random } = simulatedWorld()
const key = random.bytes(32)
const bytes = fc.uint8Array({ maxLength: 300 })

test("what is sealed is opened under the same key, about the same thing, and never otherwise", () => {
  fc.assert(
    fc.property(bytes, fc.string(), fc.string(), (plain, about, other) => {
      const sealed = seal(key, plain, about, random)
      expect(open(key, sealed, about)).toEqual(Buffer.from(plain))
      if (other !== about) expect(open(key, sealed, other)).toBeUndefined()
      expect(open(random.bytes(32), sealed, about)).toBeUndefined()
    }),
  )
})

test("no bit of it can be changed", () => {
  const sealed = seal(key, Buffer.from("x"), "it", random)
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const changed = Buffer.from(sealed)
    changed[bit >> 3]! ^= 1 << (bit & 7)
    expect(open(key, changed, "it")).toBeUndefined()
  }
  for (let length = 0; length < sealed.length; length++) {
    expect(open(key, sealed.subarray(0, length), "it")).toBeUndefined()
  }
})

test("the same is sealed differently each time", () => {
  const sealed = Array.from({ length: 100 }, () => seal(key, Buffer.from("x"), "it", random).toString("hex"))
  expect(new Set(sealed).size).toBe(100)
})
