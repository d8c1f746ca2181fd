import type { Tx } from "../../../store/transaction.ts"
import { type RouteTable, type RouteTableAssociation, routeTableAssociations, routeTables } from "../tables.ts"

/** What makes one of a VPC's route tables its main one. */
export function mainAssociation(tx: Tx, vpcId: string): RouteTableAssociation {
  return tx.where(routeTableAssociations, "main", vpcId)[0]!
}

/** The route table that decides for a subnet: its own, or its VPC's main one. */
export function routeTableOf(tx: Tx, subnet: { readonly id: string; readonly vpcId: string }): RouteTable {
  const [own] = tx.where(routeTableAssociations, "subnet", subnet.id)
  return tx.mustGet(routeTables, (own ?? mainAssociation(tx, subnet.vpcId)).routeTableId)
}
