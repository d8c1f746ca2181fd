import fc from "fast-check"
import { expect, test } from "vitest"
import type { FabricAcl, FabricGroup, FabricGroupRule, FabricInterface, FabricSubnet } from "../../../wire/fabric.ts"
import { refusedConnections } from "../connections.ts"
import { desiredFabric } from "../plan/desired.ts"
import { elasticLink, UPLINK } from "../plan/links.ts"
import type { FabricRecords } from "../records.ts"
import { aMachine, aRecordSet } from "../testing.ts"
import { verdictOf } from "./interpreter.testing.ts"

/** Few values, so that they meet. */
const addresses = ["10.0.0.5", "10.0.0.6", "10.0.1.5", "10.0.1.6"]
const cidr = fc.constantFrom(
  "0.0.0.0/0",
  "10.0.0.0/16",
  "10.0.0.0/24",
  "10.0.1.0/24",
  "10.0.0.5/32",
  "10.0.1.6/32",
  "192.0.2.0/24",
  "::/0",
)
const port = fc.constantFrom(0, 79, 80, 81, 443, 65_535)
const traffic = fc.oneof(
  fc.constant({ protocol: "-1" }),
  fc
    .tuple(fc.constantFrom("tcp", "udp", "6", "17"), port, port)
    .map(([protocol, a, b]) => ({ protocol, fromPort: Math.min(a, b), toPort: Math.max(a, b) })),
  fc
    .tuple(fc.constantFrom(-1, 0, 8), fc.constantFrom(-1, 0, 1))
    .map(([fromPort, toPort]) => ({ protocol: "icmp", fromPort, toPort })),
  fc.constant({ protocol: "47" }),
  fc.constant({ protocol: "tcp" }),
)
const groupIds = ["sg-1", "sg-2", "sg-3"]
const groupRule: fc.Arbitrary<FabricGroupRule> = fc
  .tuple(
    traffic,
    fc.oneof(
      fc.array(cidr, { minLength: 1, maxLength: 3 }).map((cidrs) => ({ cidrs })),
      fc.constantFrom(...groupIds, "sg-gone").map((groupId) => ({ groupId })),
    ),
  )
  .map(([one, peers]) => ({ ...one, ...peers }))
const rules = fc.array(groupRule, { maxLength: 4 })
const aclEntries = fc.array(
  fc.tuple(traffic, cidr, fc.boolean()).map(([one, cidr, isAllowed]) => ({ ...one, cidr, isAllowed })),
  { maxLength: 4 },
)
const openEntries = fc.constant([{ protocol: "-1", cidr: "0.0.0.0/0", isAllowed: true }])

const network = fc
  .record({
    groups: fc.tuple(...groupIds.map(() => fc.record({ ingress: rules, egress: rules }))),
    memberships: fc.tuple(
      ...addresses.map(() => fc.uniqueArray(fc.constantFrom(...groupIds), { minLength: 1, maxLength: 3 })),
    ),
    acls: fc.tuple(
      ...[0, 1].map(() =>
        fc.oneof(
          fc.record({ ingress: openEntries, egress: openEntries }),
          fc.record({ ingress: aclEntries, egress: aclEntries }),
        ),
      ),
    ),
  })
  .map(({ groups, memberships, acls }) =>
    aRecordSet({
      vpc: [{ id: "vpc-a" }],
      subnet: [
        { id: "subnet-0", cidr: "10.0.0.0/24", aclId: "acl-0" },
        { id: "subnet-1", cidr: "10.0.1.0/24", aclId: "acl-1" },
      ],
      acl: acls.map((acl, index) => ({ ...acl, id: `acl-${index}` })),
      group: groups.map((group, index) => ({
        ...group,
        id: groupIds[index]!,
        members: addresses.filter((_, at) => memberships[at]!.includes(groupIds[index]!)),
      })),
      interface: addresses.map((address, index) => ({
        id: `eni-${index}`,
        subnetId: address.startsWith("10.0.0.") ? "subnet-0" : "subnet-1",
        addresses: [address],
        groupIds: memberships[index]!,
      })),
    }),
  )

const packet = fc
  .record({
    source: fc.constantFrom(...addresses, "172.30.2.0"),
    destination: fc.constantFrom(...addresses),
    kind: fc.oneof(
      fc.tuple(fc.constantFrom(6, 17), port).map(([protocol, destinationPort]) => ({ protocol, destinationPort })),
      fc
        .tuple(fc.constantFrom(0, 8), fc.constantFrom(0, 1))
        .map(([icmpType, icmpCode]) => ({ protocol: 1, icmpType, icmpCode })),
      fc.constant({ protocol: 47 }),
    ),
  })
  .map(({ source, destination, kind }) => ({ source, destination, ...kind }))

type Sent = {
  source: string
  destination: string
  protocol: number
  destinationPort?: number
  icmpType?: number
  icmpCode?: number
}

/** The API's own words, read as plainly as can be. */
const oracle = {
  inCidr(cidr: string, address: string): boolean {
    if (cidr.includes(":")) return false
    const [base = "", length] = cidr.split("/")
    const number = (text: string) => text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0)
    const size = 2 ** (32 - Number(length))
    return Math.floor(number(base) / size) === Math.floor(number(address) / size)
  },
  fits(
    { protocol, fromPort, toPort }: { protocol: string; fromPort?: number | undefined; toPort?: number | undefined },
    sent: Sent,
  ): boolean {
    const numbers: Record<string, number> = { tcp: 6, udp: 17, icmp: 1 }
    if (protocol === "-1") return true
    const number = numbers[protocol] ?? Number(protocol)
    if (number !== sent.protocol) return false
    if (fromPort === undefined || number === 47) return true
    if (number === 1)
      return fromPort === -1 || (fromPort === sent.icmpType && (toPort === -1 || toPort === sent.icmpCode))
    return sent.destinationPort! >= fromPort && sent.destinationPort! <= toPort!
  },
  groupsAllow(
    records: FabricRecords,
    groups: readonly (FabricGroup | undefined)[],
    side: "ingress" | "egress",
    sent: Sent,
  ): boolean {
    const peer = side === "ingress" ? sent.source : sent.destination
    return groups.some((group) =>
      group?.[side].some(
        (rule) =>
          oracle.fits(rule, sent) &&
          (rule.groupId === undefined
            ? rule.cidrs!.some((cidr) => oracle.inCidr(cidr, peer))
            : (records.group.get(rule.groupId)?.members.includes(peer) ?? false)),
      ),
    )
  },
  aclAllows(acl: FabricAcl, subnet: FabricSubnet, side: "ingress" | "egress", sent: Sent): boolean {
    const peer = side === "ingress" ? sent.source : sent.destination
    if (oracle.inCidr(subnet.cidr!, peer)) return true
    for (const entry of acl[side])
      if (oracle.inCidr(entry.cidr, peer) && oracle.fits(entry, sent)) return entry.isAllowed
    return false
  },
  passes(records: FabricRecords, sent: Sent, withAcls: boolean): boolean {
    const at = (address: string) => [...records.interface.values()].find(({ addresses }) => addresses[0] === address)
    const check = (one: FabricInterface | undefined, side: "ingress" | "egress") => {
      if (one === undefined) return true
      const subnet = records.subnet.get(one.subnetId)!
      const groups = one.groupIds.map((id) => records.group.get(id))
      if (withAcls && !oracle.aclAllows(records.acl.get(subnet.aclId)!, subnet, side, sent)) return false
      return oracle.groupsAllow(records, groups, side, sent)
    }
    return check(at(sent.source), "egress") && check(at(sent.destination), "ingress")
  },
}

const machine = aMachine({
  uplinks: new Map([["vpc-a", { hostLink: "hport1", hostAddress: "172.30.2.0", routerAddress: "172.30.2.1" }]]),
})

test("a packet passes the compiled rules exactly when groups and ACLs, read as the API says them, let it", () => {
  const seen = { accept: 0, drop: 0 }
  fc.assert(
    fc.property(network, fc.array(packet, { minLength: 20, maxLength: 20 }), (records, packets) => {
      const table = desiredFabric(records, machine).state.routers.get("vpc-a")!.table!
      const linkOf = (address: string) => {
        const index = addresses.indexOf(address)
        return index < 0 ? UPLINK : elasticLink(`eni-${index}`)
      }
      for (const sent of packets) {
        if (sent.source === sent.destination) continue
        const passing = { ...sent, from: linkOf(sent.source), to: linkOf(sent.destination) }
        const expected = oracle.passes(records, sent, true) ? "accept" : "drop"
        seen[expected]++
        expect([sent, verdictOf(table, "passing", passing)]).toEqual([sent, expected])
      }
    }),
    { numRuns: 200 },
  )
  // Both happen often enough for the comparison to mean something.
  expect(Math.min(seen.accept, seen.drop)).toBeGreaterThan(100)
})

test("a connection is forgotten exactly when no group of its sender or its receiver allows it any more", () => {
  fc.assert(
    fc.property(network, packet, (records, sent) => {
      const { vpcs } = desiredFabric(records, machine)
      const bytes = (text: string) => Uint8Array.from(text.split(".").map(Number))
      const { source, destination, destinationPort = 0, ...rest } = sent as Sent
      if (source === destination) return
      const connection = {
        ...rest,
        source: bytes(source),
        destination: bytes(destination),
        destinationPort,
        family: 2,
        name: Uint8Array.of(1),
      }
      const forgotten = refusedConnections([connection], vpcs.get("vpc-a")!, records)
      expect(forgotten.length === 0).toBe(oracle.passes(records, sent, false))
    }),
    { numRuns: 300 },
  )
})
