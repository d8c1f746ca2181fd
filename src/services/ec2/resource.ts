import type { Fault } from "../../aws/fault.ts"
import type { Table } from "../../store/table.ts"
import type { Tx } from "../../store/transaction.ts"
import { fault } from "./fault.ts"
import {
  dhcpOptions,
  egressOnlyInternetGateways,
  elasticIps,
  flowLogs,
  internetGateways,
  natGateways,
  networkAcls,
  networkInterfaces,
  prefixLists,
  routeTables,
  securityGroupRules,
  securityGroups,
  subnets,
  vpcEndpoints,
  vpcPeeringConnections,
  vpcs,
} from "./tables.ts"
import { putTags } from "./tagging.ts"

/** What EC2 calls a resource: in ARNs and tags, in ids, and when there is none. AWS spells every kind in its own way. */
export interface Kind<R extends object, E extends string = string> {
  /** In ARNs, and where tags are asked for. */
  readonly type: string

  /** What its ids begin with. */
  readonly prefix: string
  readonly table: Table<R, E>

  /** In sentences such as `The subnet ID 'subnet-0…' does not exist`. */
  readonly noun: string
  readonly notFound: string
  readonly malformed: string

  /** Where AWS has a sentence unlike the others'. */
  readonly absent?: (ids: readonly string[]) => string
}

function kind<R extends object, E extends string>(definition: Kind<R, E>): Kind<R, E> {
  return definition
}

export const vpcKind = kind({
  type: "vpc",
  prefix: "vpc",
  table: vpcs,
  noun: "vpc",
  notFound: "InvalidVpcID.NotFound",
  malformed: "InvalidVpcID.Malformed",
})

export const subnetKind = kind({
  type: "subnet",
  prefix: "subnet",
  table: subnets,
  noun: "subnet",
  notFound: "InvalidSubnetID.NotFound",
  malformed: "InvalidSubnetID.Malformed",
})

export const interfaceKind = kind({
  type: "network-interface",
  prefix: "eni",
  table: networkInterfaces,
  noun: "networkInterface",
  notFound: "InvalidNetworkInterfaceID.NotFound",
  malformed: "InvalidNetworkInterfaceId.Malformed",
})

export const securityGroupKind = kind({
  type: "security-group",
  prefix: "sg",
  table: securityGroups,
  noun: "security group",
  notFound: "InvalidGroup.NotFound",
  malformed: "InvalidGroupId.Malformed",
  absent: (ids) =>
    ids.length === 1
      ? `The security group '${ids[0]}' does not exist`
      : `The security groups '${ids.join(", ")}' do not exist`,
})

export const securityGroupRuleKind = kind({
  type: "security-group-rule",
  prefix: "sgr",
  table: securityGroupRules,
  noun: "security group rule",
  notFound: "InvalidSecurityGroupRuleId.NotFound",
  malformed: "InvalidSecurityGroupRuleId.Malformed",
})

export const internetGatewayKind = kind({
  type: "internet-gateway",
  prefix: "igw",
  table: internetGateways,
  noun: "internetGateway",
  notFound: "InvalidInternetGatewayID.NotFound",
  malformed: "InvalidInternetGatewayId.Malformed",
})

export const egressOnlyKind = kind({
  type: "egress-only-internet-gateway",
  prefix: "eigw",
  table: egressOnlyInternetGateways,
  noun: "eigw",
  notFound: "InvalidGatewayID.NotFound",
  malformed: "InvalidEgressOnlyInternetGatewayId.Malformed",
})

export const routeTableKind = kind({
  type: "route-table",
  prefix: "rtb",
  table: routeTables,
  noun: "routeTable",
  notFound: "InvalidRouteTableID.NotFound",
  malformed: "InvalidRouteTableId.Malformed",
})

export const natGatewayKind = kind({
  type: "natgateway",
  prefix: "nat",
  table: natGateways,
  noun: "Nat Gateway",
  notFound: "NatGatewayNotFound",
  malformed: "NatGatewayMalformed",
  absent: (ids) => `The Nat Gateway ${ids.join(", ")} was not found`,
})

export const elasticIpKind = kind({
  type: "elastic-ip",
  prefix: "eipalloc",
  table: elasticIps,
  noun: "allocation",
  notFound: "InvalidAllocationID.NotFound",
  malformed: "InvalidAllocationID.NotFound",
})

export const networkAclKind = kind({
  type: "network-acl",
  prefix: "acl",
  table: networkAcls,
  noun: "networkAcl",
  notFound: "InvalidNetworkAclID.NotFound",
  malformed: "InvalidNetworkAclId.Malformed",
})

export const peeringKind = kind({
  type: "vpc-peering-connection",
  prefix: "pcx",
  table: vpcPeeringConnections,
  noun: "vpcPeeringConnection",
  notFound: "InvalidVpcPeeringConnectionID.NotFound",
  malformed: "InvalidVpcPeeringConnectionId.Malformed",
})

export const endpointKind = kind({
  type: "vpc-endpoint",
  prefix: "vpce",
  table: vpcEndpoints,
  noun: "Vpc Endpoint",
  notFound: "InvalidVpcEndpointId.NotFound",
  malformed: "InvalidVpcEndpointId.Malformed",
  absent: (ids) =>
    ids.length === 1
      ? `The Vpc Endpoint Id '${ids[0]}' does not exist`
      : `The Vpc Endpoint Ids '${ids.join(", ")}' do not exist`,
})

export const dhcpOptionsKind = kind({
  type: "dhcp-options",
  prefix: "dopt",
  table: dhcpOptions,
  noun: "dhcpOption",
  notFound: "InvalidDhcpOptionID.NotFound",
  malformed: "InvalidDhcpOptionsId.Malformed",
})

export const prefixListKind = kind({
  type: "prefix-list",
  prefix: "pl",
  table: prefixLists,
  noun: "prefix list",
  notFound: "InvalidPrefixListID.NotFound",
  malformed: "InvalidPrefixListId.Malformed",
})

export const flowLogKind = kind({
  type: "vpc-flow-log",
  prefix: "fl",
  table: flowLogs,
  noun: "flow log",
  notFound: "InvalidFlowLogId.NotFound",
  malformed: "InvalidFlowLogId.Malformed",
  absent: (ids) => `These flow log ids in the input list are not found: [TotalCount: ${ids.length}] ${ids.join(" ")}`,
})

/** Every kind that there is; each can have tags. */
export const KINDS: readonly Kind<object>[] = [
  vpcKind,
  subnetKind,
  interfaceKind,
  securityGroupKind,
  securityGroupRuleKind,
  internetGatewayKind,
  egressOnlyKind,
  routeTableKind,
  natGatewayKind,
  elasticIpKind,
  networkAclKind,
  peeringKind,
  endpointKind,
  dhcpOptionsKind,
  prefixListKind,
  flowLogKind,
] as unknown as readonly Kind<object>[]

export function find<R extends object>(tx: Tx, kind: Kind<R>, id: string): R {
  return findAll(tx, kind, [id])[0]!
}

/** All or none: which ones are missing is told at once. That an id cannot be one is told before anything is looked up. */
export function findAll<R extends object>(tx: Tx, kind: Kind<R>, ids: readonly string[]): readonly R[] {
  for (const id of ids) checkId(kind, id)
  const found = ids.map((id) => tx.get(kind.table, id))
  const absent = ids.filter((_, at) => found[at] === undefined)
  if (absent.length > 0) throw notFound(kind, absent)
  return found as R[]
}

function notFound(kind: Kind<never>, ids: readonly string[]): Fault {
  const usual = (): string =>
    ids.length === 1
      ? `The ${kind.noun} ID '${ids[0]}' does not exist`
      : `The ${kind.noun} IDs '${ids.join(", ")}' do not exist`
  return fault(kind.notFound, kind.absent?.(ids) ?? usual())
}

function checkId({ prefix, malformed }: Kind<never>, id: string): void {
  if (!id.startsWith(`${prefix}-`)) throw fault(malformed, `Invalid id: "${id}" (expecting "${prefix}-...")`)
  if (!/^([0-9a-f]{8}|[0-9a-f]{17})$/.test(id.slice(prefix.length + 1))) throw fault(malformed, `Invalid id: "${id}"`)
}

/** Takes a resource away, tags and all. */
export function remove<R extends object>(tx: Tx, kind: Kind<R>, id: string): void {
  tx.delete(kind.table, id)
  putTags(tx, kind.type, id, [])
}
