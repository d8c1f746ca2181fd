import { expect, test } from "vitest"
import { joined } from "./joined.ts"

test("two strings are joined by a space, however many others are", () => {
  const pairs = Array.from({ length: 3_000 }, (_, number) => [`first-${number}`, "second"] as const)
  const more = Array.from({ length: 300 }, (_, number) => ["first", `second-${number}`] as const)
  for (const [first, second] of [...pairs, ...more, ...pairs]) expect(joined(first, second)).toBe(`${first} ${second}`)
})
