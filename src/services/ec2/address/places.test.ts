import fc from "fast-check"
import { expect, test } from "vitest"
import { Places } from "./places.ts"

test("the next free place is the one that a look at each would find, whatever was taken and freed", () => {
  const sizes = fc.constantFrom(1, 31, 32, 33, 1000, 1024, 1025, 65_536)
  const scenario = sizes.chain((size) =>
    fc.tuple(
      fc.constant(size),
      fc.array(fc.nat(size - 1), { maxLength: 300 }),
      fc.array(fc.nat(size), { maxLength: 20 }),
    ),
  )
  fc.assert(
    fc.property(scenario, ([size, turned, asked]) => {
      const places = new Places(size)
      const taken = new Set<number>()
      // A place that comes up again is given back.
      for (const place of turned) {
        if (taken.delete(place)) places.free(place)
        else {
          taken.add(place)
          places.take(place)
        }
      }
      expect(places.taken).toBe(taken.size)
      for (const from of asked) {
        let expected: number | undefined = from
        while (expected < size && taken.has(expected)) expected++
        expect(places.nextFree(from)).toBe(expected < size ? expected : undefined)
      }
    }),
  )
})

test("where all places are taken there is no free one, and the one that is freed is found", () => {
  const places = new Places(1_025)
  for (let place = 0; place < 1_025; place++) places.take(place)
  expect(places.nextFree(0)).toBeUndefined()

  places.free(1_024)
  expect(places.nextFree(0)).toBe(1_024)
})
