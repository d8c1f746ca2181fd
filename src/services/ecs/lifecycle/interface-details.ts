import type { Tx } from "../../../store/transaction.ts"
import { interfaceSurroundings, type NetworkInterface, privateDnsName, vpcs } from "../../ec2/index.ts"
import type { InterfaceLink, TaskAttachment } from "../tables/task.ts"

/** What AWS shows of a task's interface, in its order. A name it has only where the VPC gives names. */
export function interfaceDetails(tx: Tx, one: NetworkInterface): TaskAttachment["details"] {
  const { subnetId, id, macAddress, vpcId, privateAddresses, ipv6Addresses } = one
  const [address] = privateAddresses
  const [ipv6Address] = ipv6Addresses
  return [
    { name: "subnetId", value: subnetId },
    { name: "networkInterfaceId", value: id },
    { name: "macAddress", value: macAddress },
    ...(tx.get(vpcs, vpcId)?.enableDnsHostnames
      ? [{ name: "privateDnsName", value: privateDnsName(tx, address!) }]
      : []),
    { name: "privateIPv4Address", value: address! },
    ...(ipv6Address === undefined ? [] : [{ name: "ipv6Address", value: ipv6Address }]),
  ]
}

/** What the machine has to know of the subnet beside. */
export function linkOf(tx: Tx, one: NetworkInterface, now: number): InterfaceLink {
  const { gateway, ipv6Gateway, nameServers, searchDomains } = interfaceSurroundings(tx, one)
  return {
    gateway,
    ...(ipv6Gateway !== undefined && one.ipv6Addresses.length > 0 && { ipv6Gateway }),
    nameServers,
    searchDomains,
    until: now + ATTACH_MS_MAX,
  }
}

/** Agents give up by themselves after as long. */
const ATTACH_MS_MAX = 5 * 60_000
