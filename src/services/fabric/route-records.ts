import type { Tx } from "../../store/transaction.ts"
import {
  egressOnlyInternetGateways,
  internetGateways,
  natGateways,
  networkInterfaces,
  type Route,
  type RouteTarget,
  routeTableAssociations,
  routeTables,
  vpcPeeringConnections,
} from "../ec2/index.ts"
import { prefixListCidrs } from "./prefix-list.ts"
import { type FabricRecord, type RecordOf, recordOf } from "./record.ts"

type FabricRoute = RecordOf<"routeTable">["routes"][number]

export function routeTableRecords(tx: Tx, vpcId: string): FabricRecord[] {
  return tx
    .where(routeTables, "vpc", vpcId)
    .map(({ id, routes }) =>
      recordOf("routeTable", { id, vpcId, routes: routes.flatMap((route) => fabricRoutes(tx, vpcId, route)) }),
    )
}

/** The route table that decides for a subnet: its own, or its VPC's main one. */
export function routedBy(tx: Tx, subnetId: string, vpcId: string): string {
  const [own] = tx.where(routeTableAssociations, "subnet", subnetId)
  return (own ?? tx.where(routeTableAssociations, "main", vpcId)[0]!).routeTableId
}

function fabricRoutes(tx: Tx, vpcId: string, { destination, target }: Route): FabricRoute[] {
  const cidrs = destination.kind === "prefixList" ? prefixListCidrs(tx, destination.id) : [destination.cidr]
  const kind = leadsTo(tx, vpcId, target)
  return cidrs.map((cidr) => ({ destination: cidr, target: kind, ...(kind !== "nothing" && { targetId: target.id }) }))
}

/** Where a route leads as things are: one whose target is gone or not at work swallows what is sent there. */
function leadsTo(tx: Tx, vpcId: string, { kind, id }: RouteTarget): FabricRoute["target"] {
  switch (kind) {
    case "internet-gateway":
      return tx.get(internetGateways, id)?.vpcId === vpcId ? "internet" : "nothing"
    case "egress-only-internet-gateway":
      return tx.get(egressOnlyInternetGateways, id)?.vpcId === vpcId ? "internet" : "nothing"
    case "nat-gateway":
      return tx.get(natGateways, id)?.state === "available" ? "nat" : "nothing"
    case "network-interface":
      return tx.get(networkInterfaces, id) === undefined ? "nothing" : "interface"
    case "vpc-peering-connection":
      return tx.get(vpcPeeringConnections, id)?.status === "active" ? "peering" : "nothing"
  }
}
