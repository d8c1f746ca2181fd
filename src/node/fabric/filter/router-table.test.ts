import fc from "fast-check"
import { expect, test } from "vitest"
import { ipBytes } from "../../linux/ip.ts"
import { refusedConnections } from "../connections.ts"
import { desiredFabric } from "../plan/desired.ts"
import { elasticLink, UPLINK } from "../plan/links.ts"
import type { FabricRecords } from "../records.ts"
import { aMachine } from "../testing.ts"
import { FLOW_SETS } from "./flow-sets.ts"
import { verdictOf } from "./interpreter.testing.ts"
import { network, packet } from "./network.testing.ts"
import { allowed, interfaceOf, mayPass } from "./oracle.testing.ts"
import type { Packet } from "./traffic.ts"

const machine = aMachine({
  uplinks: new Map([["vpc-a", { hostLink: "hport1", hostAddress: "172.30.2.0", routerAddress: "172.30.2.1" }]]),
})

function tableOf(records: FabricRecords) {
  return desiredFabric(records, machine).state.routers.get("vpc-a")!.table!
}

function passing(records: FabricRecords, sent: Packet) {
  const linkOf = (address: string) => {
    const one = interfaceOf(records, address)
    return one === undefined ? UPLINK : elasticLink(one.id)
  }
  return { ...sent, from: linkOf(sent.source), to: linkOf(sent.destination) }
}

const packets = fc.array(packet, { minLength: 20, maxLength: 20 })

test("a packet passes the compiled rules exactly when groups and ACLs, read as the API says them, let it", () => {
  const seen = { accept4: 0, drop4: 0, accept6: 0, drop6: 0 }
  fc.assert(
    fc.property(network, packets, (records, packets) => {
      const table = tableOf(records)
      for (const sent of packets) {
        const expected = mayPass(records, sent, { withAcls: true }) ? "accept" : "drop"
        seen[`${expected}${sent.source.includes(":") ? 6 : 4}`]++
        expect([sent, verdictOf(table, "passing", passing(records, sent))]).toEqual([sent, expected])
      }
    }),
    { numRuns: 300 },
  )
  // All of it happens often enough for the comparison to mean something.
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(100)
})

test("a packet is counted at its sender as what its sender's rules say, and at its receiver as what that one's say", () => {
  const seen = new Set<string>()
  fc.assert(
    fc.property(network, packets, (records, packets) => {
      const table = tableOf(records)
      for (const sent of packets) {
        const counted: string[] = []
        const count = (set: string) => counted.push(set)
        const verdict = verdictOf(table, "passing", passing(records, sent), count)
        if (verdict === "accept" && table.chains.has("counting")) {
          verdictOf(table, "counting", passing(records, sent), count)
        }
        const { toLeave, toArrive } = allowed(records, sent, { withAcls: true })
        const isLogged = (address: string) => interfaceOf(records, address)?.flowIntervals !== undefined
        const expected = [
          ...(isLogged(sent.source) ? [`egress ${toLeave}`] : []),
          ...(isLogged(sent.destination) && toLeave ? [`ingress ${toArrive}`] : []),
        ]
        const sets = counted.map((name) => FLOW_SETS.get(name)!)
        expect([sent, sets.map(({ side, isAccepted }) => `${side} ${isAccepted}`).sort()]).toEqual([sent, expected])
        for (const { family, protocol } of sets) {
          expect(family).toBe(sent.source.includes(":") ? 6 : 4)
          expect(protocol).toBe(sent.protocol === 6 || sent.protocol === 17 ? sent.protocol : undefined)
        }
        for (const name of counted) seen.add(name)
      }
    }),
    { numRuns: 300 },
  )
  expect(seen).toEqual(new Set(FLOW_SETS.keys()))
})

test("a router counts nothing when none of its interfaces has a flow log", () => {
  fc.assert(
    fc.property(network, (records) => {
      const interfaces = [...records.interface].map(([id, { flowIntervals: _, ...one }]) => [id, one] as const)
      const { sets, chains } = tableOf({ ...records, interface: new Map(interfaces) })
      expect([...sets.values()].filter(({ filling }) => filling !== undefined)).toEqual([])
      expect([...chains.values()].flatMap(({ rules }) => rules).filter((rule) => rule.includes("flow_"))).toEqual([])
    }),
    { numRuns: 20 },
  )
})

test("a connection is forgotten exactly when no group of its sender or its receiver allows it any more", () => {
  fc.assert(
    fc.property(network, packet, (records, sent) => {
      const { vpcs } = desiredFabric(records, machine)
      const { source, destination, destinationPort = 0, ...rest } = sent
      const connection = {
        ...rest,
        source: ipBytes(source),
        destination: ipBytes(destination),
        destinationPort,
        family: source.includes(":") ? 10 : 2,
        name: Uint8Array.of(1),
      }
      const forgotten = refusedConnections([connection], vpcs.get("vpc-a")!, records)
      expect(forgotten.length === 0).toBe(mayPass(records, sent, { withAcls: false }))
    }),
    { numRuns: 300 },
  )
})
