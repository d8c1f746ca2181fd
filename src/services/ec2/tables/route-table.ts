import { table } from "../../../store/table.ts"

export interface RouteTable {
  readonly id: string
  readonly vpcId: string

  /** Beside those that follow from the VPC's blocks and from its gateway endpoints. No two have the same destination. */
  readonly routes: readonly Route[]
}

export interface Route {
  readonly destination: RouteDestination
  readonly target: RouteTarget
}

export type RouteDestination =
  | { readonly kind: "ipv4" | "ipv6"; readonly cidr: string }
  | { readonly kind: "prefixList"; readonly id: string }

/** What was a target may be gone; the route then stays as a black hole. */
export interface RouteTarget {
  readonly kind:
    | "internet-gateway"
    | "egress-only-internet-gateway"
    | "nat-gateway"
    | "network-interface"
    | "vpc-peering-connection"
  readonly id: string
}

export const routeTables = table({
  name: "ec2/route-tables",
  version: 1,
  key: (routeTable: RouteTable) => routeTable.id,
  indexes: {
    vpc: ({ vpcId }) => vpcId,
    target: ({ routes }) => [...new Set(routes.map(({ target }) => target.id))],
    prefixList: ({ routes }) => [
      ...new Set(routes.flatMap(({ destination }) => (destination.kind === "prefixList" ? destination.id : []))),
    ],
  },
})

/** A subnet has one at most, and without one follows its VPC's main route table. Each VPC has one that is main. */
export interface RouteTableAssociation {
  readonly id: string
  readonly vpcId: string
  readonly routeTableId: string

  /** Undefined for the main one, and for one of a gateway. */
  readonly subnetId: string | undefined
  readonly gatewayId: string | undefined
}

export const routeTableAssociations = table({
  name: "ec2/route-table-associations",
  version: 1,
  key: (association: RouteTableAssociation) => association.id,
  indexes: {
    routeTable: ({ routeTableId }) => routeTableId,
    subnet: ({ subnetId }) => subnetId,
    gateway: ({ gatewayId }) => gatewayId,
    main: ({ vpcId, subnetId, gatewayId }) => (subnetId === undefined && gatewayId === undefined ? vpcId : undefined),
  },
})
