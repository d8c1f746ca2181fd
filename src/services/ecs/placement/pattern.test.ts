import fc from "fast-check"
import { expect, test } from "vitest"
import { compilePattern } from "./pattern.ts"

function matches(source: string, value: string): boolean {
  const pattern = compilePattern(source)
  if (!pattern.ok) throw new Error(pattern.problem)
  return pattern.matches(value)
}

/** Expressions that Java and JavaScript read alike. */
const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(
      "a",
      "b",
      ".",
      "[ab]",
      "[^a]",
      "[a-c1]",
      "\\d",
      "\\w",
      "\\S",
      "\\.",
      "^",
      "$",
      "",
      "-",
      "\\x61",
      "[\\d-]",
    ),
    fc.tuple(tie("expression"), tie("expression")).map(([one, other]) => one + other),
    fc.tuple(tie("expression"), tie("expression")).map(([one, other]) => `(?:${one}|${other})`),
    fc
      .tuple(tie("expression"), fc.constantFrom("*", "+", "?", "*?", "{2}", "{0,2}", "{1,}"))
      .map(([part, times]) => `(${part})${times}`),
  ),
}))

test("a pattern matches whole values exactly where JavaScript's own engine does", () => {
  const value = fc.string({ unit: fc.constantFrom("a", "b", "c", "1", ".", "-", " "), maxLength: 6 })
  fc.assert(
    fc.property(expression, value, fc.boolean(), (source, text, ignoresCase) => {
      const given = ignoresCase ? text.toUpperCase() : text
      const expected = new RegExp(`^(?:${source})$`, ignoresCase ? "i" : "").test(given)
      expect(matches(ignoresCase ? `(?i)${source}` : source, given)).toBe(expected)
    }),
    { numRuns: 1000 },
  )
})

test("an expression that other engines need years for is answered in one pass", () => {
  expect(matches("(a+)+b", "a".repeat(5000))).toBe(false)
  expect(matches("(a|a)*(a|a)*(a|a)*b", "a".repeat(5000))).toBe(false)
})

test.each([
  ["(?=a)", "look-around and flags other than a leading (?i) are not supported"],
  ["(?<!a)b", "look-around and flags other than a leading (?i) are not supported"],
  ["(a)\\1", '"\\1" is not supported'],
  ["a++", "possessive quantifiers are not supported"],
  ["[a[b]]", "classes in classes are not supported"],
  ["[a&&b]", "classes in classes are not supported"],
  ["\\p{Alpha}", '"\\p" is not supported'],
  ["(a", 'it lacks a ")"'],
  ["a)", 'it has a ")" too many'],
  ["[a", 'it lacks a "]"'],
  ["*a", 'there is nothing for "*" to repeat'],
  ["a**", 'there is nothing for "*" to repeat'],
  ["a{2,1}", "{2,1} has its numbers the wrong way round"],
  ["a{x}", 'a "{" is not followed by numbers'],
  ["a\\", "it ends in a backslash"],
  ["[b-a]", "a range in a class is the wrong way round"],
  ["((a{100}){100}){100}", "it repeats too much"],
  ["(((){500}){500}){500}a{501}", "it repeats too much"],
  [`${"(".repeat(60)}a${")".repeat(60)}`, "its groups are too deep"],
])("%s is refused: %s", (source, problem) => {
  expect(compilePattern(source)).toEqual({ ok: false, problem })
})

test("what is quoted stands for itself, and names of groups are only names", () => {
  expect(matches("\\Qa.b*\\E+", "a.b**")).toBe(true)
  expect(matches("\\Qa.b*\\Ec", "a.b*c")).toBe(true)
  expect(matches("(?<zone>a|b)c", "bc")).toBe(true)
})
