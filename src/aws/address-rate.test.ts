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

test("a machine has as many addresses of version 6 as it likes, and counts as one", () => {
  const rate = new AddressRate(simulatedWorld())

  const own = ["2001:db8::1", "2001:db8:0:0:1:2:3:4", "2001:db8::a:b:c:d", "2001:db8::2%eth0"]
  expect(own.map((address) => admitted(rate, address, 30))).toEqual([30, 30, 30, 10])
  expect(admitted(rate, "2001:db8:0:1::1", 5)).toBe(5)
  expect(admitted(rate, "2001:db8::1:0:0:0:1", 5)).toBe(5)
})

test("one address that asks too much is nothing to the others", () => {
  const rate = new AddressRate(simulatedWorld())

  admitted(rate, "192.0.2.1", 500)
  expect(admitted(rate, "192.0.2.2", 5)).toBe(5)
})
