import fc from "fast-check"
import { expect, test } from "vitest"
import { globTest, MANY, ONE } from "./glob.ts"

function isLike(pattern: string, text: string): boolean {
  return globTest(Array.from(pattern, (one) => (one === "*" ? MANY : one === "?" ? ONE : one.charCodeAt(0))))(text)
}

test("a text is like a pattern where a regular expression says so", () => {
  const piece = fc.string({ unit: fc.constantFrom("a", "b", "?"), maxLength: 6 })
  const long = fc.tuple(fc.integer({ min: 0, max: 70 }), piece).map(([count, end]) => `${"a".repeat(count)}${end}`)
  const patterns = fc.array(fc.oneof(piece, long, fc.constant("*")), { maxLength: 5 }).map((pieces) => pieces.join(""))
  const texts = fc.array(fc.oneof(piece, long), { maxLength: 5 }).map((pieces) => pieces.join(""))
  fc.assert(
    fc.property(patterns, texts, (pattern, text) => {
      const expected = new RegExp(`^${pattern.replaceAll("?", ".").replaceAll("*", ".*")}$`, "s")
      // What fits nothing by chance fits something by being what it says.
      for (const tried of [text, pattern.replaceAll("*", text)]) {
        expect(isLike(pattern, tried)).toBe(expected.test(tried))
      }
    }),
    { numRuns: 2000 },
  )
})

test.each([
  ["a", "b"],
  ["a?", "a?b"],
  ["a", "?b"],
])("a pattern of many %s does not keep everyone waiting", (repeated, end) => {
  const pattern = `*${repeated.repeat(1000 / repeated.length)}${end}*`
  const text = "a".repeat(2000)
  const before = performance.now()
  for (let n = 0; n < 200; n++) expect(isLike(pattern, text)).toBe(false)
  expect(performance.now() - before).toBeLessThan(500)
})
