import { addressAt, knownCidr } from "../cidr.ts"
import { newId } from "../ids.ts"
import type { Maker } from "../maker.ts"
import { accountIn } from "../maker.ts"
import { allowAll } from "../network-acl/entries.ts"
import { makeRule, makeSecurityGroup } from "../security-group/make.ts"
import {
  type CidrBlock,
  ipv6Blocks,
  networkAcls,
  routeTableAssociations,
  routeTables,
  type Vpc,
  vpcs,
} from "../tables.ts"

export interface VpcRequest {
  readonly cidr: string
  readonly hasIpv6: boolean
  readonly isDefault: boolean
  readonly tenancy: Vpc["tenancy"]
  readonly dhcpOptionsId: string
}

/** A VPC with all that comes with one: its main route table, its default network ACL, its default security group. */
export function makeVpc(maker: Maker, { cidr, hasIpv6, isDefault, tenancy, dhcpOptionsId }: VpcRequest): Vpc {
  const { tx, now, random } = maker
  const id = newId(random, "vpc")
  const vpc: Vpc = {
    id,
    isDefault,
    tenancy,
    dhcpOptionsId,
    cidrBlocks: [{ associationId: newId(random, "vpc-cidr-assoc"), cidr }],
    ipv6CidrBlocks: hasIpv6 ? [newIpv6Block(maker, id)] : [],
    enableDnsSupport: true,
    enableDnsHostnames: isDefault,
    enableNetworkAddressUsageMetrics: false,
    defaultNetworkAclId: newId(random, "acl"),
    defaultSecurityGroupId: makeDefaultGroup(maker, id, hasIpv6),
    createdAt: now,
  }
  makeMainRouteTable(maker, id)
  const entries = allowAll(hasIpv6)
  tx.put(networkAcls, { id: vpc.defaultNetworkAclId, vpcId: id, isDefault: true, entries })
  tx.put(vpcs, vpc)
  return vpc
}

/** A /56 of the installation's own, of addresses that are private to it and routed nowhere else. */
export function newIpv6Block({ tx, random }: Maker, vpcId: string): CidrBlock {
  const { installation } = tx.anywhere
  const pool = knownCidr(IPV6_POOL)
  for (;;) {
    const cidr = `${addressAt(pool, BigInt(random.below(2 ** 24)) << 72n)}/56`
    if (installation.get(ipv6Blocks, cidr) !== undefined) continue
    installation.put(ipv6Blocks, { cidr, vpcId })
    return { associationId: newId(random, "vpc-cidr-assoc"), cidr }
  }
}

/** Of the unique local addresses of RFC 4193. */
const IPV6_POOL = "fd68:6f6d::/32"

function makeMainRouteTable({ tx, random }: Maker, vpcId: string): void {
  const routeTableId = newId(random, "rtb")
  const id = newId(random, "rtbassoc")
  tx.put(routeTables, { id: routeTableId, vpcId, routes: [] })
  tx.put(routeTableAssociations, { id, vpcId, routeTableId, subnetId: undefined, gatewayId: undefined })
}

/** Its members may talk to each other, and to everyone from themselves. */
function makeDefaultGroup(maker: Maker, vpcId: string, hasIpv6: boolean): string {
  const { id } = makeSecurityGroup(maker, {
    vpcId,
    name: "default",
    description: "default VPC security group",
    hasIpv6,
  })
  const peer = { kind: "group", id, account: accountIn(maker.tx) } as const
  makeRule(maker, id, { isEgress: false, protocol: "-1", fromPort: -1, toPort: -1, peer, description: undefined })
  return id
}
