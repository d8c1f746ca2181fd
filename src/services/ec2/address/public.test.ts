import { expect, test } from "vitest"
import { regionScope } from "../../../store/changes.ts"
import { HOME, startStore } from "../../../store/testing.ts"
import { publicAddresses, publicRanges } from "../tables.ts"
import { allocatePublicAddress, publicRange, releasePublicAddress, setPublicRange } from "./public.ts"

async function started(cidr?: string) {
  const { store, world } = await startStore([publicAddresses, publicRanges])
  if (cidr !== undefined) store.transact(HOME, (tx) => setPublicRange(tx, cidr))
  const allocate = (scope = HOME) =>
    store.transact(scope, (tx) => allocatePublicAddress({ tx, now: world.now(), random: world.random }))
  return { store, allocate }
}

test("public addresses come from a range that nobody on the internet has until the operator names another", async () => {
  const { store, allocate } = await started()
  expect(allocate()).toMatch(/^198\.1[89]\./)

  expect(store.transact(HOME, (tx) => setPublicRange(tx, "203.0.113.9/24"))).toBe(true)
  expect(store.transact(HOME, (tx) => publicRange(tx))).toBe("203.0.113.0/24")
  expect(allocate()).toMatch(/^203\.0\.113\./)
  for (const nobodys of ["anywhere", "fd00::/8", "127.0.0.0/24", "169.0.0.0/8", "0.0.0.0/0", "240.0.0.0/24"]) {
    expect(store.transact(HOME, (tx) => setPublicRange(tx, nobodys))).toBe(false)
  }
  expect(store.transact(HOME, (tx) => publicRange(tx))).toBe("203.0.113.0/24")
})

test("every address of a small range is given out once, to whichever account, and comes back when it is released", async () => {
  const { store, allocate } = await started("203.0.113.0/29")
  const elsewhere = regionScope("444455556666", "eu-west-1")
  const given = [HOME, elsewhere, HOME, elsewhere, HOME, elsewhere].map(allocate)
  expect(new Set(given)).toEqual(new Set([1, 2, 3, 4, 5, 6].map((last) => `203.0.113.${last}`)))
  expect(() => allocate()).toThrow("Not enough capacity to fulfill your request for an Elastic IP address.")

  store.transact(elsewhere, (tx) => releasePublicAddress(tx, given[1]!))
  expect(allocate()).toBe(given[1])
})
