import { codec, type MessageOf } from "./frame.ts"
import { choice, flag, id, list, map, type Of, optional, struct, text, whole } from "./shape.ts"

// The fabric's stream: what should exist of the network on a machine. It is a copy of tables: a snapshot of records, and
// then what changed of them, each step with a number. Nothing in it says how; the node works that out from the whole.

/** A VPC that has an interface on this machine, or is peered with one that has. */
const vpc = struct({
  id,
  cidrs: list(text),
  cidrs6: list(text),

  /** Tells VPCs apart between machines; 24 bits. */
  networkNumber: whole,

  /** Whether its resolver answers, and gives interfaces names. */
  dnsSupport: flag,
  dnsHostnames: flag,
  domainName: optional(text),

  /** Instead of the VPC's own resolver. */
  domainNameServers: list(text),

  /** Public addresses in it lead to the machines also from outside, and are seen there; without it none do. */
  publicRange: optional(text),
})

const subnet = struct({ id, vpcId: id, cidr: optional(text), cidr6: optional(text), aclId: id, routeTableId: id })

const routeTable = struct({
  id,
  vpcId: id,
  routes: list(
    struct({
      destination: text,
      target: choice("internet", "nat", "peering", "interface", "endpoint", "nothing"),
      targetId: optional(text),
    }),
  ),
})

/** All ports of all protocols is `-1`; of ICMP the ports are type and code, -1 for any. */
const traffic = { protocol: text, fromPort: optional(whole), toPort: optional(whole) }

const groupRule = struct({
  ...traffic,

  /** Exactly one of the two. */
  cidrs: optional(list(text)),
  groupId: optional(text),
})

const group = struct({
  id,
  vpcId: id,
  ingress: list(groupRule),
  egress: list(groupRule),

  /** Addresses of interfaces anywhere that have the group: what rules mean that name it. */
  members: list(text),
})

const acl = struct({
  id,
  vpcId: id,

  /** In the order of their numbers; what none of them names is denied. */
  ingress: list(struct({ ...traffic, cidr: text, isAllowed: flag })),
  egress: list(struct({ ...traffic, cidr: text, isAllowed: flag })),
})

/** Of this machine, or of another one in the same VPC: then it tells where its addresses are. */
const fabricInterface = struct({
  id,
  vpcId: id,
  subnetId: id,
  macAddress: id,

  /** The first of them is the primary one. */
  addresses: list(text),
  addresses6: list(text),
  publicAddress: optional(text),
  groupIds: list(text),

  /** The instance that it is attached to, by its ARN; none for what the fabric itself answers for, as a NAT gateway. */
  host: optional(text),

  /** Of a VPC endpoint: it is on every machine that has a part in the VPC, which leads from it to the region. */
  isEndpoint: optional(flag),
  sourceDestCheck: flag,
  privateDnsName: optional(text),

  /** The intervals, in seconds, over which its flow logs want flows to be added up; none without a flow log. */
  flowIntervals: optional(list(whole)),
})

/** Another machine, as it is reached outside of all VPCs. */
const machine = struct({ id, host: text, underlayAddress: text })

const natGateway = struct({ id, vpcId: id, subnetId: id, interfaceId: id, publicAddress: optional(text) })
const peering = struct({ id, vpcIds: list(text) })

/** A name that the resolvers of VPCs answer. */
const dnsName = struct({
  id,

  /** Those whose resolvers know it; none for all. */
  vpcIds: list(text),
  name: text,
  type: choice("A", "AAAA", "CNAME", "SRV", "PTR", "TXT"),
  ttl: whole,
  values: list(text),
})

/** By kind. */
export const fabricRecords = {
  vpc,
  subnet,
  routeTable,
  group,
  acl,
  interface: fabricInterface,
  machine,
  natGateway,
  peering,
  dnsName,
}

export type FabricVpc = Of<typeof vpc>
export type FabricSubnet = Of<typeof subnet>
export type FabricRouteTable = Of<typeof routeTable>
export type FabricGroupRule = Of<typeof groupRule>
export type FabricGroup = Of<typeof group>
export type FabricAcl = Of<typeof acl>
export type FabricInterface = Of<typeof fabricInterface>
export type FabricMachine = Of<typeof machine>
export type FabricNatGateway = Of<typeof natGateway>
export type FabricPeering = Of<typeof peering>
export type FabricDnsName = Of<typeof dnsName>

/** Each kind of record has a list of its own, as most are empty in most steps. */
const put = struct({
  vpc: optional(list(vpc)),
  subnet: optional(list(subnet)),
  routeTable: optional(list(routeTable)),
  group: optional(list(group)),
  acl: optional(list(acl)),
  interface: optional(list(fabricInterface)),
  machine: optional(list(machine)),
  natGateway: optional(list(natGateway)),
  peering: optional(list(peering)),
  dnsName: optional(list(dnsName)),
})
export type FabricPut = Of<typeof put>
export type FabricKind = keyof typeof fabricRecords

/** From the region to a machine. */
export const fabricFromRegion = codec({
  /** Everything, in one piece or several: what is not in any of them is not to exist. */
  FabricSnapshot: struct({ version: whole, put, isLast: flag }),

  /** What became of version `from`; a node that is at another one asks for a snapshot by connecting anew. */
  FabricChange: struct({ from: whole, version: whole, put, removed: map(list(text)) }),
  FabricHeartbeat: struct({ version: whole }),
})
export type FabricFromRegion = MessageOf<typeof fabricFromRegion.vocabulary>

/** Packets with the same ends and the same fate. Times are milliseconds since 1970. */
const flow = struct({
  source: text,
  destination: text,

  /** Zero for protocols without. */
  sourcePort: whole,
  destinationPort: whole,
  protocol: whole,
  packets: whole,
  bytes: whole,
  startedAt: whole,
  endedAt: whole,
  isIngress: flag,
  isAccepted: flag,
})
const interfaceFlows = struct({
  interfaceId: id,

  /** Of the flow logs that it is for. */
  intervalSeconds: whole,
  startedAt: whole,
  endedAt: whole,

  /** Not everything was counted. */
  isIncomplete: flag,
  flows: list(flow),
})
export type FabricFlow = Of<typeof flow>
export type FabricInterfaceFlows = Of<typeof interfaceFlows>

/** From a machine to the region. */
export const fabricFromNode = codec({
  /** That a version is in force, and what of it could not be made true. */
  FabricApplied: struct({
    version: whole,
    failures: list(struct({ kind: text, id: text, reason: text })),
  }),

  /** What passed an interface in one interval, for its flow logs; a long list comes in several parts. */
  FabricFlows: interfaceFlows,
})
export type FabricFromNode = MessageOf<typeof fabricFromNode.vocabulary>
