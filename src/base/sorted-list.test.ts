import fc from "fast-check"
import { expect, test } from "vitest"
import { SortedList } from "./sorted-list.ts"

const compare = (a: number, b: number) => a - b

test("a sorted list holds what a sorted array would, whatever is added and removed", () => {
  const step = fc.record({ add: fc.boolean(), value: fc.integer({ min: 0, max: 3000 }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 4000, size: "max" }), fc.integer({ min: -1, max: 3001 }), (steps, from) => {
      const list = new SortedList<number>(compare)
      const model = new Set<number>()
      for (const { add, value } of steps) {
        if (add && !model.has(value)) {
          list.add(value)
          model.add(value)
        } else if (!add) {
          list.remove(value)
          model.delete(value)
        }
      }
      const sorted = [...model].sort(compare)
      expect([...list.from()]).toEqual(sorted)
      expect([...list.from((value) => value > from)]).toEqual(sorted.filter((value) => value > from))
      expect([...list.backFrom((value) => value < from)]).toEqual(sorted.filter((value) => value < from).reverse())
    }),
    { numRuns: 60 },
  )
})

test("a sorted list made from many values is in order", () => {
  const values = Array.from({ length: 5000 }, (_, index) => (index * 7919) % 5000)
  expect([...new SortedList(compare, values).from()]).toEqual([...values].sort(compare))
})
