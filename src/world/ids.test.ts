import { expect, test } from "vitest"
import { newDigits, newHex, newUuid } from "./ids.ts"
import { realRandom } from "./real.ts"

test("ids have the forms that AWS gives them", () => {
  for (let i = 0; i < 200; i++) {
    expect(newHex(realRandom, 32)).toMatch(/^[0-9a-f]{32}$/)
    expect(newHex(realRandom, 17)).toMatch(/^[0-9a-f]{17}$/)
    expect(newUuid(realRandom)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(newDigits(realRandom, 19)).toMatch(/^[0-9]{19}$/)
  }
})

test("no two of many ids are alike", () => {
  const ids = Array.from({ length: 10_000 }, () => newUuid(realRandom))
  expect(new Set(ids).size).toBe(ids.length)
})
