import fc from "fast-check"
import { expect, test } from "vitest"
import { checksum, decodeChange, decodeChanges, encodeChanges, joinChange, splitChanges } from "./codec.ts"
import { JournalFailure, type StoredChange } from "./journal.ts"
import { gone, put } from "./testing.ts"

const text = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) })
const changes: fc.Arbitrary<StoredChange[]> = fc.array(
  fc.record({
    table: text,
    tableVersion: fc.nat(),
    scope: text,
    key: text,
    record: fc.option(fc.record({ text }, { noNullPrototype: true }), { nil: undefined }),
  }),
)

test("what was encoded decodes to the same, whole or a change at a time", () => {
  fc.assert(
    fc.property(changes, (all) => {
      const encoded = encodeChanges(all)
      expect(decodeChanges(encoded)).toEqual(all)
      expect([...splitChanges(encoded)].map(decodeChange)).toEqual(all)
      expect([...splitChanges(encoded)].map(joinChange).join("")).toBe(encoded)
    }),
  )
})

test("the parts of an encoded change are text that every database keeps as it is", () => {
  fc.assert(
    fc.property(changes, (all) => {
      for (const { table, scope, key, body } of splitChanges(encodeChanges(all))) {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
        expect(table + scope + key + body).not.toMatch(/[\u0000-\u001f]/)
        expect((table + scope + key + body).isWellFormed()).toBe(true)
      }
    }),
  )
})

test("a text that ends in the middle is damage", () => {
  const encoded = encodeChanges([put("a", { n: 1 }), gone("b")])
  const afterFirst = encodeChanges([put("a", { n: 1 })]).length
  for (let end = 1; end < encoded.length; end++) {
    if (end === afterFirst) continue
    expect(() => decodeChanges(encoded.slice(0, end)), `cut at ${end}`).toThrow(JournalFailure)
  }
})

test("a checksum changes with the text and with what lies beside it", () => {
  const sums = [
    checksum("a"),
    checksum("b"),
    checksum("a", 1),
    checksum("a", 2),
    checksum("a", 1, 2),
    checksum("a", 12),
  ]
  expect(new Set(sums).size).toBe(sums.length)
})
