import fc from "fast-check"
import { expect, test } from "vitest"
import { elementEdits, type FilterTable } from "./table.ts"

const elements = fc
  .uniqueArray(fc.tuple(fc.nat(20).map(String), fc.constantFrom("goto a", "goto b")), { selector: ([key]) => key })
  .map((entries) => new Map(entries))

function tableWith(elements: ReadonlyMap<string, string>): FilterTable {
  return { sets: new Map([["marks", { is: "map", type: "ifname : verdict", elements }]]), chains: new Map() }
}

test("edits lead from any elements to any others, in whatever order they stand, and say nothing twice", () => {
  fc.assert(
    fc.property(elements, elements, (before, after) => {
      const [edit] = elementEdits(tableWith(before), tableWith(after))!
      const edited = new Map(before)
      for (const key of edit?.remove ?? []) expect(edited.delete(key)).toBe(true)
      for (const [key, value] of edit?.add ?? []) {
        expect(edited.has(key)).toBe(false)
        edited.set(key, value as "goto a")
      }
      expect(new Map([...edited].sort())).toEqual(new Map([...after].sort()))
      const same = [...before].filter(([key, value]) => after.get(key) === value)
      expect(edit?.remove.length ?? 0).toBe(before.size - same.length)
    }),
    { numRuns: 1000 },
  )
})
