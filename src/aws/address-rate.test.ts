import { expect, test } from "vitest"
import { simulatedWorld } from "../world/simulated.ts"
import { AddressRate } from "./address-rate.ts"

function admitted(rate: AddressRate, address: string, count: number): number {
  return Array.from({ length: count }, () => rate.admit(address)).filter(Boolean).length
}

test("an address may ask often at once, then a bounded number of times a second", async () => {
  const world = simulatedWorld()
  const rate = new AddressRate(world)

  expect(admitted(rate, "192.0.2.1", 500)).toBe(100)
  await world.advance(1000)
  expect(admitted(rate, "192.0.2.1", 500)).toBe(20)
  await world.advance(3_600_000)
  expect(admitted(rate, "192.0.2.1", 500)).toBe(100)
})

test("one address that asks too much is nothing to the others", () => {
  const rate = new AddressRate(simulatedWorld())

  admitted(rate, "192.0.2.1", 500)
  expect(admitted(rate, "192.0.2.2", 5)).toBe(5)
})
