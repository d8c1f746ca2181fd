import fc from "fast-check"
import { expect, test } from "vitest"
import { HOME, startStore } from "../../../store/testing.ts"
import type { Tx } from "../../../store/transaction.ts"
import { privateAddresses, REST_MS, type Subnet, subnets } from "../tables.ts"
import { allocateIpv4, allocateIpv6, availableCount, releaseAddress } from "./allocate.ts"

function aSubnet(changes: Partial<Subnet> = {}): Subnet {
  return {
    id: "subnet-1",
    vpcId: "vpc-1",
    cidr: "10.0.0.0/24",
    zone: "us-east-1a",
    isDefaultForZone: false,
    ipv6CidrBlock: { associationId: "subnet-cidr-assoc-1", cidr: "fd00:1::/64" },
    mapPublicIpOnLaunch: false,
    assignIpv6AddressOnCreation: false,
    enableDns64: false,
    hostnameType: "ip-name",
    enableResourceNameDnsARecord: false,
    enableResourceNameDnsAAAARecord: false,
    networkAclId: "acl-1",
    networkAclAssociationId: "aclassoc-1",
    createdAt: 0,
    ...changes,
  }
}

async function started() {
  const { store, world } = await startStore([subnets, privateAddresses])
  const transact = <T>(work: (maker: { tx: Tx; now: number; random: typeof world.random }) => T) =>
    store.transact(HOME, (tx) => work({ tx, now: world.now(), random: world.random }))
  return { store, world, transact }
}

const SMALL = aSubnet({ cidr: "10.0.0.0/28" })

test("a /28 has eleven addresses, never one of the first four or the last, and then no more", async () => {
  const { transact } = await started()
  const given = Array.from({ length: 11 }, () => transact((maker) => allocateIpv4(maker, SMALL, "eni-1")))

  expect(new Set(given)).toEqual(new Set(Array.from({ length: 11 }, (_, at) => `10.0.0.${at + 4}`)))
  expect(() => transact((maker) => allocateIpv4(maker, SMALL, "eni-1"))).toThrow(
    "The specified subnet does not have enough free addresses to satisfy the request.",
  )
  expect(transact((maker) => availableCount(maker, SMALL))).toBe(0)
})

test("a freed address rests for a minute while there are others", async () => {
  const { world, transact } = await started()
  const freed = transact((maker) => allocateIpv4(maker, SMALL, "eni-1"))
  transact((maker) => releaseAddress(maker, SMALL.id, freed))
  expect(transact((maker) => availableCount(maker, SMALL))).toBe(11)

  const others = Array.from({ length: 10 }, () => transact((maker) => allocateIpv4(maker, SMALL, "eni-2")))
  expect(others).not.toContain(freed)
  await world.advance(REST_MS)
})

test("rather than none, the address that has rested longest is given out before its time", async () => {
  const { world, transact } = await started()
  const given = Array.from({ length: 11 }, () => transact((maker) => allocateIpv4(maker, SMALL, "eni-1")))
  const [first, second] = [given[7]!, given[2]!]
  transact((maker) => releaseAddress(maker, SMALL.id, first))
  await world.advance(10)
  transact((maker) => releaseAddress(maker, SMALL.id, second))

  expect(transact((maker) => allocateIpv4(maker, SMALL, "eni-2"))).toBe(first)
  expect(transact((maker) => allocateIpv4(maker, SMALL, "eni-2"))).toBe(second)
})

test("who asks for an address gets it, also while it rests, but not what another has or nobody may have", async () => {
  const { transact } = await started()
  const chosen = (address: string) => transact((maker) => allocateIpv4(maker, SMALL, "eni-1", address))
  expect(chosen("10.0.0.9")).toBe("10.0.0.9")
  expect(() => chosen("10.0.0.9")).toThrow("The specified address is already in use.")
  transact((maker) => releaseAddress(maker, SMALL.id, "10.0.0.9"))
  expect(chosen("10.0.0.9")).toBe("10.0.0.9")

  expect(() => chosen("10.0.0.3")).toThrow("Address 10.0.0.3 is in subnet's reserved address range")
  expect(() => chosen("10.0.0.15")).toThrow("Address 10.0.0.15 is in subnet's reserved address range")
  expect(() => chosen("10.0.0.16")).toThrow("Address 10.0.0.16 does not fall within the subnet's address range")
  expect(() => chosen("ten")).toThrow("invalid value for parameter address: ten")
})

test("an IPv6 address is the subnet's own, in the one way of writing it", async () => {
  const { transact } = await started()
  const subnet = aSubnet()
  expect(transact((maker) => allocateIpv6(maker, subnet, "eni-1"))).toMatch(/^fd00:1::/)
  expect(transact((maker) => allocateIpv6(maker, subnet, "eni-1", "FD00:1:0:0:0::0042"))).toBe("fd00:1::42")
  expect(() => transact((maker) => allocateIpv6(maker, subnet, "eni-1", "fd00:1::42"))).toThrow("already in use")
  expect(() => transact((maker) => allocateIpv6(maker, subnet, "eni-1", "fd00:2::42"))).toThrow("does not fall within")
})

test("what a transaction that fails has taken is free again", async () => {
  const { transact } = await started()
  expect(() =>
    transact((maker) => {
      for (let count = 0; count < 11; count++) allocateIpv4(maker, SMALL, "eni-1")
      throw new Error("no")
    }),
  ).toThrow("no")
  expect(transact((maker) => availableCount(maker, SMALL))).toBe(11)
  expect(transact((maker) => allocateIpv4(maker, SMALL, "eni-1"))).toMatch(/^10\.0\.0\./)
})

type Step = { readonly kind: "take" | "choose" | "free" | "wait" | "fail"; readonly at: number }

test("whatever happens in whatever order, no address is anyone's twice and every one can be had", async () => {
  const step = fc.record<Step>({
    kind: fc.constantFrom("take", "take", "choose", "free", "wait", "fail"),
    at: fc.nat(30),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
      const { world, transact } = await started()
      const held = new Set<string>()
      for (const { kind, at } of steps) {
        const some = [...held][at % Math.max(1, held.size)]
        if (kind === "wait") await world.advance(at * 10_000)
        else if (kind === "free" && some !== undefined) {
          transact((maker) => releaseAddress(maker, SMALL.id, some))
          held.delete(some)
        } else if (kind === "fail") {
          const failing = () =>
            transact((maker) => {
              if (some !== undefined) releaseAddress(maker, SMALL.id, some)
              allocateIpv4(maker, SMALL, "eni-f")
              throw new Error("undone")
            })
          expect(failing).toThrow()
        } else if (kind === "take" || kind === "choose") {
          const wanted = kind === "choose" ? `10.0.0.${4 + (at % 11)}` : undefined
          const take = () => transact((maker) => allocateIpv4(maker, SMALL, "eni-1", wanted))
          if (wanted === undefined ? held.size === 11 : held.has(wanted)) expect(take).toThrow()
          else {
            const given = take()
            expect(held.has(given)).toBe(false)
            held.add(given)
          }
        }
        expect(transact((maker) => availableCount(maker, SMALL))).toBe(11 - held.size)
      }
    }),
    { numRuns: 60 },
  )
})

test("a /16 with sixty thousand addresses in use gives the next one about as fast as an empty one", async () => {
  const { store, world } = await startStore([subnets, privateAddresses])
  const subnet = aSubnet({ cidr: "10.0.0.0/16" })
  const give = (count: number) =>
    store.transact(HOME, (tx) => {
      const maker = { tx, now: world.now(), random: world.random }
      for (let at = 0; at < count; at++) allocateIpv4(maker, subnet, "eni-1")
    })
  give(60_000)
  expect(store.transact(HOME, (tx) => availableCount({ tx }, subnet))).toBe(5_531)
  // The last addresses lie scattered among all the others; a look at each would take hundreds of millions of steps.
  give(5_531)
  expect(store.transact(HOME, (tx) => availableCount({ tx }, subnet))).toBe(0)
})
