import fc from "fast-check"
import type { FabricGroupRule } from "../../../wire/fabric.ts"
import { aRecordSet } from "../testing.ts"
import type { Packet } from "./traffic.ts"

// A VPC of four interfaces with an address of each version, and what may be sent between them. There are few values of
// everything, so that they meet.

export const ADDRESSES = [
  ["10.0.0.5", "2001:db8:1::5"],
  ["10.0.0.6", "2001:db8:1::6"],
  ["10.0.1.5", "2001:db8:1:1::5"],
  ["10.0.1.6", "2001:db8:1:1::6"],
] as const

/** Of the host, which has no interface. */
export const OUTSIDE = ["172.30.2.0", "2001:db8:9::1"] as const

const cidr = fc.constantFrom(
  "0.0.0.0/0",
  "10.0.0.0/16",
  "10.0.0.0/24",
  "10.0.1.0/24",
  "10.0.0.5/32",
  "10.0.1.6/32",
  "192.0.2.0/24",
  "::/0",
  "2001:db8:1::/48",
  "2001:db8:1:1::/64",
  "2001:db8:1::5/128",
)
const port = fc.constantFrom(0, 79, 80, 81, 443, 65_535)
const icmpNumbers = fc.tuple(fc.constantFrom(-1, 0, 8, 128), fc.constantFrom(-1, 0, 1))
const traffic = fc.oneof(
  fc.constant({ protocol: "-1" }),
  fc
    .tuple(fc.constantFrom("tcp", "udp", "6", "17"), port, port)
    .map(([protocol, a, b]) => ({ protocol, fromPort: Math.min(a, b), toPort: Math.max(a, b) })),
  fc
    .tuple(fc.constantFrom("icmp", "icmpv6"), icmpNumbers)
    .map(([protocol, [fromPort, toPort]]) => ({ protocol, fromPort, toPort })),
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
const openEntries = fc.constant(
  ["0.0.0.0/0", "::/0"].map((cidr) => ({ protocol: "-1", cidr, isAllowed: true as boolean })),
)

export const network = fc
  .record({
    groups: fc.tuple(...groupIds.map(() => fc.record({ ingress: rules, egress: rules }))),
    memberships: fc.tuple(
      ...ADDRESSES.map(() => fc.uniqueArray(fc.constantFrom(...groupIds), { minLength: 1, maxLength: 3 })),
    ),
    acls: fc.tuple(
      ...[0, 1].map(() =>
        fc.oneof(
          fc.record({ ingress: openEntries, egress: openEntries }),
          fc.record({ ingress: aclEntries, egress: aclEntries }),
        ),
      ),
    ),
    logged: fc.tuple(...ADDRESSES.map(() => fc.boolean())),
  })
  .map(({ groups, memberships, acls, logged }) =>
    aRecordSet({
      vpc: [{ id: "vpc-a", cidrs6: ["2001:db8:1::/56"] }],
      subnet: [
        { id: "subnet-0", cidr: "10.0.0.0/24", cidr6: "2001:db8:1::/64", aclId: "acl-0" },
        { id: "subnet-1", cidr: "10.0.1.0/24", cidr6: "2001:db8:1:1::/64", aclId: "acl-1" },
      ],
      acl: acls.map((acl, index) => ({ ...acl, id: `acl-${index}` })),
      group: groups.map((group, index) => ({
        ...group,
        id: groupIds[index]!,
        members: ADDRESSES.filter((_, at) => memberships[at]!.includes(groupIds[index]!)).flat(),
      })),
      interface: ADDRESSES.map(([address, address6], index) => ({
        id: `eni-${index}`,
        subnetId: address.startsWith("10.0.0.") ? "subnet-0" : "subnet-1",
        addresses: [address],
        addresses6: [address6],
        groupIds: memberships[index]!,
        ...(logged[index] && { flowIntervals: [60] }),
      })),
    }),
  )

/** Its ends are of one version. Answers of hosts to themselves are none of a router's. */
export const packet: fc.Arbitrary<Packet> = fc
  .record({
    version: fc.constantFrom(0, 1),
    source: fc.constantFrom(...ADDRESSES, OUTSIDE),
    destination: fc.constantFrom(...ADDRESSES),
    kind: fc.oneof(
      fc.tuple(fc.constantFrom(6, 17), port).map(([protocol, destinationPort]) => ({ protocol, destinationPort })),
      fc
        .tuple(fc.constantFrom(0, 8, 128), fc.constantFrom(0, 1))
        .map(([icmpType, icmpCode]) => ({ protocol: 1, icmpType, icmpCode })),
      fc.constant({ protocol: 47 }),
    ),
  })
  .filter(({ source, destination }) => source !== destination)
  .map(({ version, source, destination, kind }) => ({
    source: source[version]!,
    destination: destination[version]!,
    ...kind,
    ...(kind.protocol === 1 && version === 1 && { protocol: 58 }),
  }))
