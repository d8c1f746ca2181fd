import fc from "fast-check"
import { expect, test } from "vitest"
import { compilePattern } from "./match.ts"
import { BadPattern } from "./parse.ts"

test("an expression fits where JavaScript's own says so", () => {
  const atom = fc.constantFrom("a", "b", ".", "\\d", "[ab]", "[^a]", "[a-c1]", "\\w", "^", "$", "\\b", "1", "-")
  const { pattern } = fc.letrec<{ pattern: string; part: string }>((tie) => ({
    pattern: fc.array(tie("part"), { maxLength: 4 }).map((parts) => parts.join("")),
    part: fc.oneof(
      { depthSize: "small" },
      atom,
      fc
        .tuple(
          fc.constantFrom("a", "b", "[ab]", "\\d", "."),
          fc.constantFrom("*", "+", "?", "{2}", "{1,}", "{0,2}", "*?"),
        )
        .map((pair) => pair.join("")),
      fc
        .tuple(tie("pattern"), tie("pattern"), fc.constantFrom("", "*", "+", "?", "{1,2}"))
        .map(([one, other, times]) => `(${one}|${other})${times}`),
    ),
  }))
  const text = fc.string({ unit: fc.constantFrom("a", "b", "c", "1", "-", "\n"), maxLength: 8 })
  fc.assert(
    fc.property(pattern, text, (source, text) => {
      expect(compilePattern(source)(text)).toBe(new RegExp(source).test(text))
    }),
    { numRuns: 3000 },
  )
})

test.each([
  "(",
  ")",
  "[a",
  "*",
  "a{2,1}",
  "a{x}",
  "\\",
  "(?=a)",
  "(?!a)",
  "(?<=a)",
  "(a)\\1",
  "\\p{L}",
  "a**",
  "(?i)a",
])("%s is refused", (source) => {
  expect(() => compilePattern(source)).toThrow(BadPattern)
})

test("what makes others try for ever is soon decided, and what would repeat too much is refused", () => {
  expect(compilePattern("^(a+)+$")(`${"a".repeat(8000)}b`)).toBe(false)
  expect(compilePattern("^(a|a)*$")("a".repeat(8000))).toBe(true)
  expect(compilePattern("^((((){9999}){9999}){9999}){9999}$")("")).toBe(true)
  expect(() => compilePattern("((a{100}){100}){100}")).toThrow("it repeats too much")
  expect(() => compilePattern("([^b]?){650}[^b]{640}c")("a".repeat(8192))).toThrow("it takes too long")
  expect(compilePattern("^[\\w =-]{1,900}$")("a".repeat(900))).toBe(true)
  expect(() => compilePattern("(".repeat(1000) + ")".repeat(1000))).toThrow(BadPattern)
})
