import { expect, test } from "vitest"
import { TextCache } from "./text-cache.ts"

test("a text is looked at once while it is in use, and what nobody asks for goes", () => {
  const made: string[] = []
  const cache = new TextCache((text) => made.push(text), 40)
  for (let round = 0; round < 5; round++) {
    cache.get("used all the time")
    cache.get(`once, ${round}`)
  }
  expect(made.filter((text) => text === "used all the time")).toHaveLength(1)
  cache.get("once, 0")
  expect(made.filter((text) => text === "once, 0")).toHaveLength(2)
})
