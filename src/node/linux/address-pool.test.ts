import fc from "fast-check"
import { expect, test } from "vitest"
import { AddressPool } from "./address-pool.ts"
import { parseAddress } from "./ipv4.ts"

const small = { base: parseAddress("10.0.0.0"), prefixLength: 28 }

test("no address is given twice, and none but those of the subnet", () => {
  const step = fc.oneof(
    fc.record({ give: fc.nat(20) }),
    fc.record({ wait: fc.nat(400_000) }),
    fc.constant("take" as const),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      let now = 0
      const pool = new AddressPool(small, () => now)
      const used: number[] = []
      for (const step of steps) {
        if (step === "take") {
          const address = pool.take()
          if (address === undefined) {
            expect(used.length).toBe(13)
            continue
          }
          expect(used).not.toContain(address)
          expect(address - small.base).toBeGreaterThanOrEqual(2)
          expect(address - small.base).toBeLessThanOrEqual(14)
          used.push(address)
        } else if ("wait" in step) now += step.wait
        else if (used.length > 0) pool.giveBack(used.splice(step.give % used.length, 1)[0]!)
      }
    }),
  )
})

test("an address that was given back rests for as long as there is another", () => {
  let now = 0
  const pool = new AddressPool(small, () => now)
  const all = Array.from({ length: 13 }, () => pool.take()!)
  pool.giveBack(all[5]!)
  now += 1_000
  pool.giveBack(all[2]!)
  expect(pool.take()).toBe(all[5])
  pool.giveBack(all[5]!)
  now += 300_000
  pool.giveBack(all[7]!)
  expect([all[2], all[5]]).toContain(pool.take())
  expect([all[2], all[5]]).toContain(pool.take())
  expect(pool.take()).toBe(all[7])
  expect(pool.take()).toBeUndefined()
})

test("an address that something has from before is not given", () => {
  const pool = new AddressPool(small, () => 0)
  pool.occupy(small.base + 2)
  expect(pool.take()).toBe(small.base + 3)
})
