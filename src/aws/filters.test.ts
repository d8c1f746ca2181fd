import * as fc from "fast-check"
import { expect, test } from "vitest"
import { Fault } from "./fault.ts"
import { type FilterRules, filterOf, wildcard } from "./filters.ts"
import type { Tag } from "./tags.ts"

interface Server {
  readonly id: string
  readonly cores: number
  readonly isSpot: boolean
  readonly groups: readonly string[]
  readonly zone?: string
  readonly tags: readonly Tag[]
}

const rules: FilterRules<Server> = {
  fields: {
    "instance-id": ({ id }) => id,
    cores: ({ cores }) => cores,
    spot: ({ isSpot }) => isSpot,
    "group-id": ({ groups }) => groups,
    zone: ({ zone }) => zone,
  },
  tags: ({ tags }) => tags,
  refuse: (problem, name) => new Fault("InvalidParameterValue", `${problem}: ${name}`),
}

const server: Server = {
  id: "i-1",
  cores: 4,
  isSpot: false,
  groups: ["sg-1", "sg-2"],
  tags: [
    { key: "Name", value: "web-1" },
    { key: "team", value: "" },
  ],
}

test.each<[boolean, string, string[]]>([
  [true, "instance-id", ["i-0", "i-1"]],
  [false, "instance-id", ["i-0"]],
  [false, "instance-id", ["I-1"]],
  [false, "instance-id", []],
  [true, "cores", ["4"]],
  [true, "spot", ["false"]],
  [true, "group-id", ["sg-2"]],
  [false, "group-id", ["sg-3"]],
  [false, "zone", ["*"]],
  [true, "tag:Name", ["web-?"]],
  [false, "tag:name", ["web-1"]],
  [true, "tag:team", [""]],
  [false, "tag:other", ["*"]],
  [true, "tag-key", ["te*"]],
])("it is %s that a record passes %s with %j", (passes, Name, Values) => {
  expect(filterOf([{ Name, Values }], rules)(server)).toBe(passes)
})

test("all filters must hold, also two of one name", () => {
  const both = [
    { Name: "group-id", Values: ["sg-1"] },
    { Name: "group-id", Values: ["sg-2"] },
  ]
  expect(filterOf(both, rules)(server)).toBe(true)
  expect(filterOf([...both, { Name: "cores", Values: ["8"] }], rules)(server)).toBe(false)
  expect(filterOf([], rules)(server)).toBe(true)
})

test.each([
  ["unknown name: colour", { Name: "colour", Values: ["red"] }],
  ["unknown name: constructor", { Name: "constructor", Values: ["x"] }],
  ["unknown name: Cores", { Name: "Cores", Values: ["4"] }],
  ["no name", { Values: ["4"] }],
  ["too many values: cores", { Name: "cores", Values: Array.from({ length: 201 }, String) }],
])("%s: refused before any record is looked at", (message, filter) => {
  expect(() => filterOf([filter], rules)).toThrow(message)
})

test("without tags there are no filters for them", () => {
  const { tags: _, ...untagged } = rules
  expect(() => filterOf([{ Name: "tag:Name", Values: ["x"] }], untagged)).toThrow("unknown name")
})

test.each([
  ["web-*", "web-", true],
  ["*web*", "a web b", true],
  ["w?b", "web", true],
  ["w?b", "wb", false],
  ["?", "😀", true],
  ["a*b*c", "a1b2b3c", true],
  ["ab*ba", "aba", false],
  ["\\*amazon\\?\\\\", "*amazon?\\", true],
  ["\\*", "x", false],
  ["a\\b", "a\\b", true],
  ["a.c", "abc", false],
])("%j against %j is %s", (pattern, text, matches) => {
  expect(wildcard(pattern)(text)).toBe(matches)
})

/** The definition itself, without any thought for time. */
function naive(pattern: string, text: string): boolean {
  if (pattern === "") return text === ""
  if (/^\\[*?\\]/.test(pattern)) return text[0] === pattern[1] && naive(pattern.slice(2), text.slice(1))
  if (pattern[0] === "*") return naive(pattern.slice(1), text) || (text !== "" && naive(pattern, text.slice(1)))
  return text !== "" && (pattern[0] === "?" || pattern[0] === text[0]) && naive(pattern.slice(1), text.slice(1))
}

test("a pattern matches what its definition says", () => {
  const pattern = fc.string({ unit: fc.constantFrom("a", "b", "*", "?", "\\"), maxLength: 8 })
  const text = fc.string({ unit: fc.constantFrom("a", "b", "*", "?", "\\"), maxLength: 8 })
  return fc.assert(
    fc.property(pattern, text, (given, against) => {
      expect(wildcard(given)(against)).toBe(naive(given, against))
    }),
    { numRuns: 5000 },
  )
})

test("no pattern takes longer than its length times the text's", () => {
  const matches = wildcard(`${"*a?a".repeat(60)}*b`)
  expect(matches("a".repeat(100_000))).toBe(false)
})
