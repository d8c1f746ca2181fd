import { allocateIpv4, allocateIpv6, releaseAddress } from "../address/allocate.ts"
import { allocateMac } from "../address/mac.ts"
import { allocatePublicAddress, releasePublicAddress } from "../address/public.ts"
import { newId } from "../ids.ts"
import type { Maker } from "../maker.ts"
import { flowLogKind, interfaceKind, remove } from "../resource.ts"
import {
  elasticIps,
  flowLogs,
  type InterfaceAttachment,
  macAddresses,
  type NetworkInterface,
  networkInterfaces,
  type Subnet,
} from "../tables.ts"
import { checkedGroups } from "./groups.ts"

export interface InterfaceRequest {
  readonly subnet: Subnet

  /** Without any it has its VPC's default group. */
  readonly securityGroupIds?: readonly string[] | undefined
  readonly description?: string | undefined
  readonly interfaceType?: NetworkInterface["interfaceType"]
  readonly requesterId?: string | undefined
  readonly attachment?: Omit<InterfaceAttachment, "id" | "attachedAt"> | undefined

  /** Undefined stands for any free address; the first one is the primary. */
  readonly ipv4?: readonly (string | undefined)[]

  /** Without a word on it the subnet decides. */
  readonly ipv6?: readonly (string | undefined)[]
  readonly hasPublicAddress?: boolean | undefined
}

export function makeInterface(maker: Maker, request: InterfaceRequest): NetworkInterface {
  const { tx, now, random } = maker
  const { subnet, ipv4 = [undefined], attachment } = request
  const ipv6 = request.ipv6 ?? (subnet.assignIpv6AddressOnCreation ? [undefined] : [])
  const securityGroupIds = checkedGroups(tx, subnet, request.securityGroupIds)
  const id = newId(random, "eni")
  const networkInterface: NetworkInterface = {
    id,
    vpcId: subnet.vpcId,
    subnetId: subnet.id,
    zone: subnet.zone,
    description: request.description ?? "",
    interfaceType: request.interfaceType ?? "interface",
    macAddress: allocateMac(maker),
    // Those that are asked for come first, or one that may be any might be given what another asks for.
    ...addressesIn(maker, subnet, id, ipv4, ipv6),
    publicAddress: request.hasPublicAddress ? allocatePublicAddress(maker) : undefined,
    securityGroupIds,
    sourceDestCheck: request.interfaceType !== "nat_gateway",
    requesterId: request.requesterId,
    attachment: attachment && { ...attachment, id: newId(random, "eni-attach"), attachedAt: now },
    createdAt: now,
  }
  tx.put(networkInterfaces, networkInterface)
  return networkInterface
}

function addressesIn(
  maker: Maker,
  subnet: Subnet,
  interfaceId: string,
  ipv4: readonly (string | undefined)[],
  ipv6: readonly (string | undefined)[],
): Pick<NetworkInterface, "privateAddresses" | "ipv6Addresses"> {
  const inTurn = (allocate: typeof allocateIpv4, wanted: readonly (string | undefined)[]) => {
    const given = wanted.map((one) => one && allocate(maker, subnet, interfaceId, one))
    return given.map((one) => one ?? allocate(maker, subnet, interfaceId))
  }
  return { privateAddresses: inTurn(allocateIpv4, ipv4), ipv6Addresses: inTurn(allocateIpv6, ipv6) }
}

/** The interface is gone, and what it had is free: its addresses after they have rested, elastic IPs at once. */
export function removeInterface(maker: Pick<Maker, "tx" | "now">, networkInterface: NetworkInterface): void {
  const { tx } = maker
  const { id, subnetId, privateAddresses, ipv6Addresses, publicAddress, macAddress } = networkInterface
  for (const address of [...privateAddresses, ...ipv6Addresses]) releaseAddress(maker, subnetId, address)
  if (publicAddress !== undefined) releasePublicAddress(tx, publicAddress)
  tx.anywhere.installation.delete(macAddresses, macAddress)
  for (const elasticIp of tx.where(elasticIps, "interface", id)) {
    tx.put(elasticIps, { ...elasticIp, association: undefined })
  }
  for (const flowLog of tx.where(flowLogs, "resource", id)) remove(tx, flowLogKind, flowLog.id)
  remove(tx, interfaceKind, id)
}
