import { expect, test } from "vitest"
import { type SimulatedWorld, simulatedWorld } from "../../world/simulated.ts"
import { sleep } from "../../world/world.ts"
import { Unanswered } from "./postgres-failure.ts"
import { type Lease, takeLease } from "./postgres-lease.ts"

/** A database that grants the lease, and answers a renewal as the test says. */
async function aLease(
  world: SimulatedWorld,
  renew: (count: number) => Promise<object[]>,
): Promise<{ lease: Lease; renewals: () => number }> {
  let asked = 0
  const session = {
    async run<Row>(statement: { readonly name?: string }): Promise<Row[]> {
      const rows = statement.name === "homeport renew" ? await renew(++asked) : [{ epoch: 7 }]
      return rows as Row[]
    },
  }
  const lease = await takeLease(session, world, { name: "one", address: "", leaseMs: 2_000 })
  return { lease: lease!, renewals: () => asked }
}

const granted = async () => [{ epoch: 7 }]

test("a lease that is renewed holds on", async () => {
  const world = simulatedWorld()
  const { lease, renewals } = await aLease(world, granted)
  await world.advance(60_000)

  expect(lease.holds()).toBe(true)
  expect(renewals()).toBe(120)
})

test("a lease counts from before its renewal was sent, not from its answer", async () => {
  const world = simulatedWorld()
  // The renewal sent at 500 is answered at 1,700; none is after it. 500 + 2,000 less a tenth is the end.
  const { lease } = await aLease(world, async (count) => {
    if (count > 1) throw new Unanswered("gone")
    await sleep(world, 1_200)
    return [{ epoch: 7 }]
  })
  await world.advance(2_299)
  expect(lease.holds()).toBe(true)
  await world.advance(1)

  expect(lease.holds()).toBe(false)
  expect(await lease.lost).toMatchObject({ kind: "unreachable", message: expect.stringContaining("gone") })
})

test("a renewal that comes too late does not bring a lease back", async () => {
  const world = simulatedWorld()
  const { lease } = await aLease(world, async () => {
    await sleep(world, 1_400)
    return [{ epoch: 7 }]
  })
  await world.advance(1_800)
  expect(lease.holds()).toBe(false)
  await world.advance(60_000)

  expect(lease.holds()).toBe(false)
})

test("a lease ends by the clock alone, before any timer had a chance to run", async () => {
  const world = simulatedWorld()
  let frozenFor = 0
  const { lease } = await aLease({ ...world, monotonic: () => world.monotonic() + frozenFor }, granted)
  await world.advance(1_000)
  expect(lease.holds()).toBe(true)
  frozenFor = 1_800

  expect(lease.holds()).toBe(false)
  expect((await lease.lost).kind).toBe("lease-lost")
})

test("a lease that another process has taken is lost at the next renewal", async () => {
  const world = simulatedWorld()
  const { lease, renewals } = await aLease(world, async () => [])
  await world.advance(500)
  expect((await lease.lost).kind).toBe("lease-lost")
  await world.advance(10_000)

  expect(renewals()).toBe(1)
})

test("a renewal without an answer is repeated well before the lease ends", async () => {
  const world = simulatedWorld()
  const { lease } = await aLease(world, async (count) => {
    if (count < 10) throw new Unanswered("gone")
    return [{ epoch: 7 }]
  })
  await world.advance(60_000)

  expect(lease.holds()).toBe(true)
})

test("a released lease does not hold, is not renewed and is not lost", async () => {
  const world = simulatedWorld()
  const { lease, renewals } = await aLease(world, granted)
  await lease.release()
  expect(lease.holds()).toBe(false)
  let lost = false
  void lease.lost.then(() => {
    lost = true
  })
  await world.advance(60_000)

  expect(renewals()).toBe(0)
  expect(lost).toBe(false)
})
