import type { FabricRecords } from "../records.ts"

/** What a NAT gateway does to what a route table sends through it. It has no place of its own: every router does it. */
export interface Translation {
  readonly mark: number
  readonly destination: string

  /** Whom others see. */
  readonly address: string
}

/** A gateway without a public address is for networks behind the VPC, and shows its private one. */
export function translationOf(
  natGatewayId: string | undefined,
  mark: number,
  destination: string,
  records: FabricRecords,
): Translation | undefined {
  const gateway = records.natGateway.get(natGatewayId ?? "")
  if (gateway === undefined) return undefined
  const address = gateway.publicAddress ?? records.interface.get(gateway.interfaceId)?.addresses[0]
  if (address === undefined) return undefined
  const subnet = records.subnet.get(gateway.subnetId)
  const ways = records.routeTable.get(subnet?.routeTableId ?? "")?.routes ?? []
  // A public one stands in a public subnet, or leads nowhere; a subnet that is not told of is taken to be one.
  if (
    gateway.publicAddress !== undefined &&
    subnet !== undefined &&
    !ways.some(({ target }) => target === "internet")
  ) {
    return undefined
  }
  return { mark, destination, address }
}
