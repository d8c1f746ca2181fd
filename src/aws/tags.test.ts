import * as fc from "fast-check"
import { expect, test } from "vitest"
import { Fault } from "./fault.ts"
import {
  addTags,
  checkTags,
  fromCapitals,
  inCapitals,
  removeTags,
  requestTagConditions,
  resourceTagConditions,
  type SentTag,
  type Tag,
  type TagRules,
  tagsByKey,
} from "./tags.ts"

const rules: TagRules = { refuse: (problem) => new Fault("InvalidParameterException", problem) }

function numbered(count: number): Tag[] {
  return Array.from({ length: count }, (_, index) => ({ key: `k${index}`, value: "" }))
}

test("good tags come out as they were sent", () => {
  const tags = [
    { key: "Zone", value: "" },
    { key: "größe/länge:1", value: "a b+c=d.e_f-g@h" },
    { key: "漢字", value: "x".repeat(256) },
    { key: "k".repeat(128), value: "1" },
    ...numbered(46),
  ]
  expect(checkTags(tags, rules)).toEqual(tags)
})

test.each<[string, SentTag[]]>([
  ["no key", [{ value: "x" }]],
  ["no key", [{ key: "", value: "x" }]],
  ["no value", [{ key: "x" }]],
  ["key too long", [{ key: "k".repeat(129), value: "" }]],
  ["value too long", [{ key: "k", value: "v".repeat(257) }]],
  ["invalid key", [{ key: "a#b", value: "" }]],
  ["invalid value", [{ key: "a", value: "line\nbreak" }]],
  ["reserved key", [{ key: "aws:cloudformation:stack", value: "" }]],
  ["reserved key", [{ key: "AWS:x", value: "" }]],
  [
    "key twice",
    [
      { key: "a", value: "1" },
      { key: "a", value: "2" },
    ],
  ],
  ["too many", numbered(51)],
])("%s: refused", (problem, tags) => {
  expect(() => checkTags(tags, rules)).toThrow(problem)
})

test("keys that differ in case are different", () => {
  expect(
    checkTags(
      [
        { key: "a", value: "1" },
        { key: "A", value: "2" },
      ],
      rules,
    ),
  ).toHaveLength(2)
})

test("lengths are counted in characters, not in halves of them", () => {
  expect(checkTags([{ key: "𠮷".repeat(128), value: "" }], rules)).toHaveLength(1)
  expect(() => checkTags([{ key: "𠮷".repeat(129), value: "" }], rules)).toThrow("key too long")
})

test("a service may have rules of its own", () => {
  const own: TagRules = { ...rules, countMax: 2, keyLengthMax: 3, valueLengthMax: 1, valueByDefault: "" }
  expect(checkTags([{ key: "abc" }], own)).toEqual([{ key: "abc", value: "" }])
  expect(() => checkTags([{ key: "abcd", value: "" }], own)).toThrow("key too long")
  expect(() => checkTags([{ key: "a", value: "12" }], own)).toThrow("value too long")
  expect(() => checkTags(numbered(3), own)).toThrow("too many")
})

test("added tags take the place of those with their keys, and the rest come last", () => {
  const present = [
    { key: "a", value: "1" },
    { key: "b", value: "2" },
  ]
  expect(
    addTags(
      present,
      [
        { key: "c", value: "3" },
        { key: "a", value: "4" },
      ],
      rules,
    ),
  ).toEqual([
    { key: "a", value: "4" },
    { key: "b", value: "2" },
    { key: "c", value: "3" },
  ])
})

test("only a resource's own tags count, and changing one is not adding one", () => {
  const present = [{ key: "aws:ecs:clusterName", value: "shop" }, ...numbered(50)]
  expect(addTags(present, [{ key: "k7", value: "new" }], rules)).toHaveLength(51)
  expect(() => addTags(present, [{ key: "another", value: "" }], rules)).toThrow("too many")
})

test("keys are removed whether or not they are there, but AWS's own stay", () => {
  const present = [
    { key: "aws:x", value: "1" },
    { key: "b", value: "2" },
    { key: "__proto__", value: "3" },
  ]
  expect(removeTags(present, ["b", "c", "__proto__"], rules)).toEqual([{ key: "aws:x", value: "1" }])
  expect(() => removeTags(present, ["aws:x"], rules)).toThrow("reserved key")
})

test("adding and then removing the same keys leaves what else was there", () => {
  const tag = fc.record({ key: fc.constantFrom("a", "b", "c", "d", "__proto__"), value: fc.string() })
  const some = fc.uniqueArray(tag, { selector: ({ key }) => key })
  return fc.assert(
    fc.property(some, some, (present, added) => {
      const keys = added.map(({ key }) => key)
      const after = addTags(present, added, rules)
      expect(after).toEqual(expect.arrayContaining(added))
      expect(new Set(after.map(({ key }) => key)).size).toBe(after.length)
      expect(removeTags(after, keys, rules)).toEqual(present.filter(({ key }) => !keys.includes(key)))
    }),
  )
})

test("tags have two spellings and one order", () => {
  const tags = [
    { key: "b", value: "2" },
    { key: "B", value: "3" },
    { key: "a", value: "1" },
  ]
  expect(fromCapitals(inCapitals(tags))).toEqual(tags)
  expect(tagsByKey(tags).map(({ key }) => key)).toEqual(["B", "a", "b"])
})

test("policies see tags as condition keys", () => {
  const tags = [{ key: "team", value: "shop" }]
  expect(requestTagConditions(tags)).toEqual({ "aws:RequestTag/team": "shop", "aws:TagKeys": ["team"] })
  expect(requestTagConditions([])).toEqual({})
  expect(resourceTagConditions(tags)).toEqual({ "aws:ResourceTag/team": "shop" })
})
