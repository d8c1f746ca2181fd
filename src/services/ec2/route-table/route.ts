import type * as sdk from "@aws-sdk/client-ec2"
import type { Operations } from "../../../aws/operations.ts"
import type { Tx } from "../../../store/transaction.ts"
import { type Cidr, contains, formatCidr, knownCidr, parseCidr } from "../cidr.ts"
import { fault, invalidCombination, invalidValue, missing } from "../fault.ts"
import { permitted } from "../permit.ts"
import { checkPrefixList } from "../prefix-list/find.ts"
import { routeTableKind } from "../resource.ts"
import { type RouteDestination, type RouteTable, type RouteTarget, routeTables, vpcs } from "../tables.ts"
import { checkedTarget } from "./target.ts"

export const routeOperations = {
  CreateRoute(call, input) {
    const routeTable = permitted(call, input, routeTableKind, input.RouteTableId!)
    const destination = checkedDestination(call.tx, input)
    const target = checkedTarget(call.tx, routeTable, input)
    checkSuits(destination, target)
    checkNotLocal(call.tx, routeTable, destination, target)
    if (routeTo(routeTable, destination) !== undefined) {
      throw fault("RouteAlreadyExists", `The route identified by ${nameOf(destination)} already exists.`)
    }
    if (routeTable.routes.length >= ROUTES_MAX) {
      throw fault("RouteLimitExceeded", "The maximum number of routes has been reached.")
    }
    call.tx.put(routeTables, { ...routeTable, routes: [...routeTable.routes, { destination, target }] })
    return { Return: true }
  },

  ReplaceRoute(call, input) {
    const routeTable = permitted(call, input, routeTableKind, input.RouteTableId!)
    const destination = checkedDestination(call.tx, input)
    const present = routeTo(routeTable, destination)
    if (input.LocalTarget) {
      if (isLocal(call.tx, routeTable, destination)) return {}
      throw invalidValue(`The local target cannot be used for '${nameOf(destination)}'.`)
    }
    const target = checkedTarget(call.tx, routeTable, input)
    checkSuits(destination, target)
    if (present === undefined) {
      throw invalidValue(
        `There is no route defined for '${nameOf(destination)}' in the route table. Use CreateRoute instead.`,
      )
    }
    const routes = routeTable.routes.map((route) => (route === present ? { destination, target } : route))
    call.tx.put(routeTables, { ...routeTable, routes })
    return {}
  },

  DeleteRoute(call, input) {
    const routeTable = permitted(call, input, routeTableKind, input.RouteTableId!)
    const destination = checkedDestination(call.tx, input)
    const present = routeTo(routeTable, destination)
    if (present === undefined) {
      if (isLocal(call.tx, routeTable, destination)) {
        throw invalidValue(`cannot remove local route ${nameOf(destination)} in route table ${routeTable.id}`)
      }
      throw fault(
        "InvalidRoute.NotFound",
        `no route with destination-${PARAMETERS[destination.kind]} ${nameOf(destination)} in route table ${routeTable.id}`,
      )
    }
    call.tx.put(routeTables, { ...routeTable, routes: routeTable.routes.filter((route) => route !== present) })
    return {}
  },
} satisfies Operations<typeof sdk>

/** AWS raises its quota to no more. */
const ROUTES_MAX = 1_000

const PARAMETERS = { ipv4: "cidr-block", ipv6: "ipv6-cidr-block", prefixList: "prefix-list-id" }

type DestinationInput = Pick<
  sdk.CreateRouteRequest,
  "DestinationCidrBlock" | "DestinationIpv6CidrBlock" | "DestinationPrefixListId"
>

function checkedDestination(tx: Tx, input: DestinationInput): RouteDestination {
  const { DestinationCidrBlock, DestinationIpv6CidrBlock, DestinationPrefixListId } = input
  const named = [DestinationCidrBlock, DestinationIpv6CidrBlock, DestinationPrefixListId]
  const count = named.filter((one) => one !== undefined).length
  if (count === 0) throw missing("destinationCidrBlock")
  if (count > 1) throw invalidCombination("A route can have one destination only.")
  if (DestinationPrefixListId !== undefined) {
    checkPrefixList(tx, DestinationPrefixListId)
    return { kind: "prefixList", id: DestinationPrefixListId }
  }
  return DestinationCidrBlock === undefined
    ? { kind: "ipv6", cidr: formatCidr(checkedCidr(DestinationIpv6CidrBlock!, 6, "destinationIpv6CidrBlock")) }
    : { kind: "ipv4", cidr: formatCidr(checkedCidr(DestinationCidrBlock, 4, "destinationCidrBlock")) }
}

function checkedCidr(text: string, family: 4 | 6, parameter: string): Cidr {
  const cidr = parseCidr(text)
  if (cidr?.family === family) return cidr
  throw invalidValue(`Value (${text}) for parameter ${parameter} is invalid. This is not a valid CIDR block.`)
}

function checkSuits(destination: RouteDestination, { kind }: RouteTarget): void {
  if (kind === "egress-only-internet-gateway" && destination.kind !== "ipv6") {
    throw invalidValue("An egress-only internet gateway can be the target of IPv6 routes only.")
  }
}

/** What lies within the VPC stays there, unless an interface in it takes it. */
function checkNotLocal(tx: Tx, routeTable: RouteTable, destination: RouteDestination, { kind }: RouteTarget): void {
  if (destination.kind === "prefixList") return
  const { cidrBlocks, ipv6CidrBlocks } = tx.mustGet(vpcs, routeTable.vpcId)
  const cidr = knownCidr(destination.cidr)
  const outer = [...cidrBlocks, ...ipv6CidrBlocks].find((block) => contains(knownCidr(block.cidr), cidr))
  if (outer === undefined) return
  if (outer.cidr === destination.cidr) {
    throw fault("RouteAlreadyExists", `The route identified by ${destination.cidr} already exists.`)
  }
  if (kind === "network-interface" || kind === "nat-gateway") return
  throw invalidValue(
    `The destination CIDR block ${destination.cidr} is equal to or more specific than one of this VPC's CIDR blocks. This route can target only an interface or an instance.`,
  )
}

function isLocal(tx: Tx, { vpcId }: RouteTable, destination: RouteDestination): boolean {
  if (destination.kind === "prefixList") return false
  const { cidrBlocks, ipv6CidrBlocks } = tx.mustGet(vpcs, vpcId)
  return [...cidrBlocks, ...ipv6CidrBlocks].some(({ cidr }) => cidr === destination.cidr)
}

function routeTo({ routes }: RouteTable, destination: RouteDestination) {
  return routes.find((route) => nameOf(route.destination) === nameOf(destination))
}

function nameOf(destination: RouteDestination): string {
  return destination.kind === "prefixList" ? destination.id : destination.cidr
}
