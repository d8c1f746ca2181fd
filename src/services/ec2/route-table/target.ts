import type * as sdk from "@aws-sdk/client-ec2"
import type { Tx } from "../../../store/transaction.ts"
import { fault, invalidCombination, invalidValue, missing, notYet } from "../fault.ts"
import {
  egressOnlyKind,
  find,
  interfaceKind,
  internetGatewayKind,
  type Kind,
  natGatewayKind,
  peeringKind,
} from "../resource.ts"
import {
  egressOnlyInternetGateways,
  internetGateways,
  natGateways,
  networkInterfaces,
  type RouteTable,
  type RouteTarget,
  vpcPeeringConnections,
} from "../tables.ts"
import { refuseUnsupported } from "../unsupported.ts"

/** The one target that a request names, if it is one that traffic of this VPC can go to. */
export function checkedTarget(tx: Tx, routeTable: RouteTable, input: sdk.CreateRouteRequest): RouteTarget {
  refuseUnsupported(input, {
    TransitGatewayId: "transit gateways",
    LocalGatewayId: "Outposts",
    CarrierGatewayId: "Wavelength zones",
    CoreNetworkArn: "Cloud WAN",
    OdbNetworkArn: "Oracle Database@AWS",
  })
  if (input.VpcEndpointId !== undefined) {
    throw fault(
      "RouteNotSupported",
      `Route table contains unsupported route target: ${input.VpcEndpointId}. VPC Endpoints of this type cannot be used as route targets.`,
    )
  }
  if (input.InstanceId !== undefined) {
    throw fault("InvalidInstanceID.NotFound", `The instance ID '${input.InstanceId}' does not exist`)
  }
  const named = targetsNamed(input)
  const [target] = named
  if (target === undefined) throw missing("gatewayId")
  if (named.length > 1) throw invalidCombination("A route can have one target only.")
  checkReachable(tx, routeTable, target)
  return target
}

function targetsNamed(input: sdk.CreateRouteRequest): readonly RouteTarget[] {
  const { GatewayId, EgressOnlyInternetGatewayId, NatGatewayId, NetworkInterfaceId, VpcPeeringConnectionId } = input
  if (GatewayId?.startsWith("vgw-")) throw notYet("virtual private gateways")
  const named: readonly (readonly [RouteTarget["kind"], string | undefined])[] = [
    ["internet-gateway", GatewayId],
    ["egress-only-internet-gateway", EgressOnlyInternetGatewayId],
    ["nat-gateway", NatGatewayId],
    ["network-interface", NetworkInterfaceId],
    ["vpc-peering-connection", VpcPeeringConnectionId],
  ]
  return named.flatMap(([kind, id]) => (id === undefined ? [] : { kind, id }))
}

function checkReachable(tx: Tx, { id, vpcId }: RouteTable, target: RouteTarget): void {
  const [kind, noun] = KINDS[target.kind]
  find(tx, kind, target.id)
  if (!belongs(tx, vpcId, target)) {
    throw invalidValue(`route table ${id} and ${noun} ${target.id} belong to different networks`)
  }
  if (!isThere(tx, vpcId, target)) {
    throw fault("InvalidStateTransition", `${target.id} is not in the correct state to be the target of a route.`)
  }
}

const KINDS: Readonly<Record<RouteTarget["kind"], readonly [Kind<object>, noun: string]>> = {
  "internet-gateway": [internetGatewayKind as never, "network gateway"],
  "egress-only-internet-gateway": [egressOnlyKind as never, "egress only internet gateway"],
  "nat-gateway": [natGatewayKind as never, "NAT gateway"],
  "network-interface": [interfaceKind as never, "interface"],
  "vpc-peering-connection": [peeringKind as never, "VPC peering connection"],
}

function belongs(tx: Tx, vpcId: string, { kind, id }: RouteTarget): boolean {
  switch (kind) {
    case "internet-gateway":
      return tx.get(internetGateways, id)?.vpcId === vpcId
    case "egress-only-internet-gateway":
      return tx.get(egressOnlyInternetGateways, id)?.vpcId === vpcId
    case "nat-gateway":
      return tx.get(natGateways, id)?.vpcId === vpcId
    case "network-interface":
      return tx.get(networkInterfaces, id)?.vpcId === vpcId
    case "vpc-peering-connection": {
      const connection = tx.get(vpcPeeringConnections, id)
      return connection?.requester.vpcId === vpcId || connection?.accepter.vpcId === vpcId
    }
  }
}

/** Whether traffic that is sent to a route's target gets anywhere. */
export function isThere(tx: Tx, vpcId: string, target: RouteTarget): boolean {
  if (!belongs(tx, vpcId, target)) return false
  if (target.kind === "vpc-peering-connection") return tx.get(vpcPeeringConnections, target.id)?.status === "active"
  if (target.kind !== "nat-gateway") return true
  const state = tx.get(natGateways, target.id)?.state
  return state === "pending" || state === "available"
}
