import type * as sdk from "@aws-sdk/client-ec2"
import type { FilterFields } from "../../../aws/filters.ts"
import type { Tx } from "../../../store/transaction.ts"
import { familyOf } from "../cidr.ts"
import { accountIn, regionIn } from "../maker.ts"
import { awsPrefixLists } from "../prefix-list/aws-managed.ts"
import {
  type Route,
  type RouteDestination,
  type RouteTable,
  type RouteTableAssociation,
  routeTableAssociations,
  vpcEndpoints,
  vpcs,
} from "../tables.ts"
import { shownTags } from "../tagging.ts"
import { isThere } from "./target.ts"

export function describeRouteTable(tx: Tx, routeTable: RouteTable): sdk.RouteTable {
  const { id, vpcId } = routeTable
  return {
    RouteTableId: id,
    VpcId: vpcId,
    OwnerId: accountIn(tx),
    Associations: tx.list(routeTableAssociations, { where: ["routeTable", id] }).map(describeAssociation),
    Routes: shownRoutes(tx, routeTable),
    PropagatingVgws: [],
    Tags: shownTags(tx, id),
  }
}

export function describeAssociation(association: RouteTableAssociation): sdk.RouteTableAssociation {
  const { id, routeTableId, subnetId, gatewayId } = association
  return {
    Main: subnetId === undefined && gatewayId === undefined,
    RouteTableAssociationId: id,
    RouteTableId: routeTableId,
    ...(subnetId !== undefined && { SubnetId: subnetId }),
    ...(gatewayId !== undefined && { GatewayId: gatewayId }),
    AssociationState: { State: "associated" },
  }
}

/** Those of the VPC itself, those that callers made, and those of the gateway endpoints that the table is for. */
function shownRoutes(tx: Tx, { id, vpcId, routes }: RouteTable): sdk.Route[] {
  const { cidrBlocks, ipv6CidrBlocks } = tx.mustGet(vpcs, vpcId)
  const local = [...cidrBlocks, ...ipv6CidrBlocks].map(({ cidr }) => ({
    ...describeDestination({ kind: familyOf(cidr) === 4 ? "ipv4" : "ipv6", cidr }),
    GatewayId: "local",
    Origin: "CreateRouteTable" as const,
    State: "active" as const,
  }))
  const lists = awsPrefixLists(regionIn(tx))
  const endpoints = tx.where(vpcEndpoints, "routeTable", id).map((endpoint) => ({
    DestinationPrefixListId: lists.find(({ name }) => name === endpoint.serviceName)!.id,
    GatewayId: endpoint.id,
    Origin: "CreateRoute" as const,
    State: "active" as const,
  }))
  return [...local, ...routes.map((route) => describeRoute(tx, vpcId, route)), ...endpoints]
}

function describeRoute(tx: Tx, vpcId: string, { destination, target }: Route): sdk.Route {
  const member = TARGET_MEMBERS[target.kind]
  return {
    ...describeDestination(destination),
    [member]: target.id,
    Origin: "CreateRoute",
    State: isThere(tx, vpcId, target) ? "active" : "blackhole",
  }
}

const TARGET_MEMBERS = {
  "internet-gateway": "GatewayId",
  "egress-only-internet-gateway": "EgressOnlyInternetGatewayId",
  "nat-gateway": "NatGatewayId",
  "network-interface": "NetworkInterfaceId",
  "vpc-peering-connection": "VpcPeeringConnectionId",
} as const satisfies Record<Route["target"]["kind"], keyof sdk.Route>

function describeDestination(destination: RouteDestination): sdk.Route {
  if (destination.kind === "prefixList") return { DestinationPrefixListId: destination.id }
  return destination.kind === "ipv4"
    ? { DestinationCidrBlock: destination.cidr }
    : { DestinationIpv6CidrBlock: destination.cidr }
}

export function routeTableFields(tx: Tx): FilterFields<RouteTable> {
  const associations = (value: (association: sdk.RouteTableAssociation) => string | undefined) => (table: RouteTable) =>
    tx
      .where(routeTableAssociations, "routeTable", table.id)
      .flatMap((association) => value(describeAssociation(association)) ?? [])
  const routes = (value: (route: sdk.Route) => string | undefined) => (table: RouteTable) =>
    shownRoutes(tx, table).flatMap((route) => value(route) ?? [])
  return {
    "association.gateway-id": associations(({ GatewayId }) => GatewayId),
    "association.main": associations(({ Main }) => String(Main)),
    "association.route-table-association-id": associations(({ RouteTableAssociationId }) => RouteTableAssociationId),
    "association.route-table-id": associations(({ RouteTableId }) => RouteTableId),
    "association.subnet-id": associations(({ SubnetId }) => SubnetId),
    "owner-id": () => accountIn(tx),
    "route-table-id": ({ id }) => id,
    "route.destination-cidr-block": routes(({ DestinationCidrBlock }) => DestinationCidrBlock),
    "route.destination-ipv6-cidr-block": routes(({ DestinationIpv6CidrBlock }) => DestinationIpv6CidrBlock),
    "route.destination-prefix-list-id": routes(({ DestinationPrefixListId }) => DestinationPrefixListId),
    "route.egress-only-internet-gateway-id": routes(({ EgressOnlyInternetGatewayId }) => EgressOnlyInternetGatewayId),
    "route.gateway-id": routes(({ GatewayId }) => GatewayId),
    "route.instance-id": () => undefined,
    "route.nat-gateway-id": routes(({ NatGatewayId }) => NatGatewayId),
    "route.origin": routes(({ Origin }) => Origin),
    "route.state": routes(({ State }) => State),
    "route.transit-gateway-id": () => undefined,
    "route.vpc-peering-connection-id": routes(({ VpcPeeringConnectionId }) => VpcPeeringConnectionId),
    "vpc-id": ({ vpcId }) => vpcId,
  }
}
