import type * as sdk from "@aws-sdk/client-ec2"
import type { Call, Operations } from "../../../aws/operations.ts"
import { fault, invalidCombination, invalidValue, missing } from "../fault.ts"
import { newId } from "../ids.ts"
import { permit, type Rehearsal } from "../permit.ts"
import { find, internetGatewayKind, routeTableKind, subnetKind } from "../resource.ts"
import { type RouteTableAssociation, routeTableAssociations } from "../tables.ts"
import { refuseUnsupported } from "../unsupported.ts"

export const routeTableAssociationOperations = {
  AssociateRouteTable(call, input) {
    const { RouteTableId, SubnetId, GatewayId } = input
    permit(call, input, [
      `route-table/${RouteTableId}`,
      ...(SubnetId === undefined ? [] : [`subnet/${SubnetId}`]),
      ...(GatewayId === undefined ? [] : [`internet-gateway/${GatewayId}`]),
    ])
    refuseUnsupported(input, { PublicIpv4Pool: "address pools of one's own" })
    const routeTable = find(call.tx, routeTableKind, RouteTableId!)
    if (SubnetId === undefined && GatewayId === undefined) throw missing("subnetId")
    if (SubnetId !== undefined && GatewayId !== undefined) {
      throw invalidCombination("The parameter gatewayId cannot be used with the parameter subnetId")
    }
    const { vpcId, id: associated } =
      SubnetId === undefined ? find(call.tx, internetGatewayKind, GatewayId!) : find(call.tx, subnetKind, SubnetId)
    if (vpcId !== routeTable.vpcId) {
      const noun = SubnetId === undefined ? "network gateway" : "subnet"
      throw invalidValue(`route table ${routeTable.id} and ${noun} ${associated} belong to different networks`)
    }
    const [present] = call.tx.where(routeTableAssociations, SubnetId === undefined ? "gateway" : "subnet", associated)
    if (present !== undefined) {
      // What is so already need not be done again.
      if (present.routeTableId === routeTable.id) return answer(present)
      throw fault(
        "Resource.AlreadyAssociated",
        `the specified association for route table ${routeTable.id} conflicts with an existing association`,
      )
    }
    const association: RouteTableAssociation = {
      id: newId(call.random, "rtbassoc"),
      vpcId: routeTable.vpcId,
      routeTableId: routeTable.id,
      subnetId: SubnetId,
      gatewayId: GatewayId,
    }
    call.tx.put(routeTableAssociations, association)
    return answer(association)
  },

  DisassociateRouteTable(call, input) {
    const association = permittedAssociation(call, input, input.AssociationId!)
    if (isMain(association)) {
      throw invalidValue(`cannot disassociate the main route table association ${association.id}`)
    }
    call.tx.delete(routeTableAssociations, association.id)
    return {}
  },

  ReplaceRouteTableAssociation(call, input) {
    const association = permittedAssociation(call, input, input.AssociationId!, [`route-table/${input.RouteTableId}`])
    const routeTable = find(call.tx, routeTableKind, input.RouteTableId!)
    if (routeTable.vpcId !== association.vpcId) {
      throw invalidValue(`route table ${routeTable.id} and association ${association.id} belong to different networks`)
    }
    if (routeTable.id === association.routeTableId) return replaced(association)
    const replacement = { ...association, id: newId(call.random, "rtbassoc"), routeTableId: routeTable.id }
    call.tx.delete(routeTableAssociations, association.id)
    call.tx.put(routeTableAssociations, replacement)
    return replaced(replacement)
  },
} satisfies Operations<typeof sdk>

/** An association that is to change, once the caller may change all that it brings together. */
function permittedAssociation(
  call: Call,
  rehearsal: Rehearsal,
  id: string,
  others: readonly string[] = [],
): RouteTableAssociation {
  const association = call.tx.get(routeTableAssociations, id)
  const { subnetId, gatewayId } = association ?? {}
  permit(call, rehearsal, [
    `route-table/${association?.routeTableId ?? "*"}`,
    ...(subnetId === undefined ? [] : [`subnet/${subnetId}`]),
    ...(gatewayId === undefined ? [] : [`internet-gateway/${gatewayId}`]),
    ...others,
  ])
  if (association === undefined) {
    throw fault("InvalidAssociationID.NotFound", `The association ID '${id}' does not exist`)
  }
  return association
}

function isMain({ subnetId, gatewayId }: RouteTableAssociation): boolean {
  return subnetId === undefined && gatewayId === undefined
}

function answer({ id }: RouteTableAssociation) {
  return { AssociationId: id, AssociationState: { State: "associated" as const } }
}

function replaced({ id }: RouteTableAssociation) {
  return { NewAssociationId: id, AssociationState: { State: "associated" as const } }
}
