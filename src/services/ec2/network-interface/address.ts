import type * as sdk from "@aws-sdk/client-ec2"
import type { Operations } from "../../../aws/operations.ts"
import { allocateIpv4, allocateIpv6, releaseAddress } from "../address/allocate.ts"
import { formatAddress, parseAddress } from "../cidr.ts"
import { invalidCombination, invalidValue, missing } from "../fault.ts"
import { checkCount, ownInterface } from "../network-interface.ts"
import {
  elasticIps,
  type NetworkInterface,
  networkInterfaces,
  privateAddresses,
  privateAddressKey,
  subnets,
} from "../tables.ts"
import { refuseUnsupported } from "../unsupported.ts"

export const interfaceAddressOperations = {
  AssignPrivateIpAddresses(call, input) {
    const one = ownInterface(call, {}, input.NetworkInterfaceId!)
    refuseUnsupported(input, { Ipv4Prefixes: "prefixes of interfaces", Ipv4PrefixCount: "prefixes of interfaces" })
    const { PrivateIpAddresses = [], SecondaryPrivateIpAddressCount: count = 0 } = input
    checkOneWay(PrivateIpAddresses, count, "privateIpAddresses", "secondaryPrivateIpAddressCount")
    checkCount(PrivateIpAddresses.length + count, one.privateAddresses.length - 1)
    const subnet = call.tx.mustGet(subnets, one.subnetId)
    if (input.AllowReassignment) takeAway(call, one, PrivateIpAddresses)

    const wanted = PrivateIpAddresses.length > 0 ? PrivateIpAddresses : Array<undefined>(count).fill(undefined)
    const added = wanted.map((address) => allocateIpv4(call, subnet, one.id, address))
    call.tx.put(networkInterfaces, { ...one, privateAddresses: [...one.privateAddresses, ...added] })
    return {
      NetworkInterfaceId: one.id,
      AssignedPrivateIpAddresses: added.map((PrivateIpAddress) => ({ PrivateIpAddress })),
    }
  },

  UnassignPrivateIpAddresses(call, input) {
    const one = ownInterface(call, {}, input.NetworkInterfaceId!)
    refuseUnsupported(input, { Ipv4Prefixes: "prefixes of interfaces" })
    const removed = input.PrivateIpAddresses ?? []
    if (removed.length === 0) throw missing("privateIpAddresses")
    if (removed.includes(one.privateAddresses[0]!)) {
      throw invalidValue(
        `The private IP address ${one.privateAddresses[0]} is the primary one and cannot be unassigned.`,
      )
    }
    withoutAddresses(call, one, removed)
    return {}
  },

  AssignIpv6Addresses(call, input) {
    const one = ownInterface(call, {}, input.NetworkInterfaceId!)
    refuseUnsupported(input, { Ipv6Prefixes: "prefixes of interfaces", Ipv6PrefixCount: "prefixes of interfaces" })
    const { Ipv6Addresses = [], Ipv6AddressCount: count = 0 } = input
    checkOneWay(Ipv6Addresses, count, "ipv6Addresses", "ipv6AddressCount")
    checkCount(Ipv6Addresses.length + count, one.ipv6Addresses.length - 1)
    const subnet = call.tx.mustGet(subnets, one.subnetId)
    const wanted = Ipv6Addresses.length > 0 ? Ipv6Addresses : Array<undefined>(count).fill(undefined)
    const added = wanted.map((address) => allocateIpv6(call, subnet, one.id, address))
    call.tx.put(networkInterfaces, { ...one, ipv6Addresses: [...one.ipv6Addresses, ...added] })
    return { NetworkInterfaceId: one.id, AssignedIpv6Addresses: added }
  },

  UnassignIpv6Addresses(call, input) {
    const one = ownInterface(call, {}, input.NetworkInterfaceId!)
    refuseUnsupported(input, { Ipv6Prefixes: "prefixes of interfaces" })
    const removed = (input.Ipv6Addresses ?? []).map(asWritten)
    if (removed.length === 0) throw missing("ipv6Addresses")
    const stranger = removed.find((address) => !one.ipv6Addresses.includes(address))
    if (stranger !== undefined) throw notAssigned(one, stranger)
    for (const address of new Set(removed)) releaseAddress(call, one.subnetId, address)
    const left = one.ipv6Addresses.filter((address) => !removed.includes(address))
    call.tx.put(networkInterfaces, { ...one, ipv6Addresses: left })
    return { NetworkInterfaceId: one.id, UnassignedIpv6Addresses: [...new Set(removed)] }
  },
} satisfies Operations<typeof sdk>

type Changing = Parameters<typeof releaseAddress>[0]

function checkOneWay(named: readonly string[], count: number, namedParameter: string, countParameter: string): void {
  if (named.length > 0 && count > 0) {
    throw invalidCombination(`The parameter ${countParameter} cannot be used with the parameter ${namedParameter}`)
  }
  if (named.length === 0 && count === 0) throw missing(namedParameter)
}

/** Takes these from whichever other interfaces of the subnet have them as secondary ones. */
function takeAway(changing: Changing, { id, subnetId }: NetworkInterface, wanted: readonly string[]): void {
  for (const address of wanted) {
    const holder = changing.tx.get(privateAddresses, privateAddressKey(subnetId, address))?.interfaceId
    if (holder === undefined || holder === id) continue
    const other = changing.tx.mustGet(networkInterfaces, holder)
    if (other.requesterId === undefined && other.privateAddresses[0] !== address) {
      withoutAddresses(changing, other, [address])
    }
  }
}

function withoutAddresses(changing: Changing, one: NetworkInterface, removed: readonly string[]): void {
  const { tx } = changing
  const stranger = removed.find((address) => !one.privateAddresses.includes(address))
  if (stranger !== undefined) throw notAssigned(one, stranger)
  for (const address of new Set(removed)) releaseAddress(changing, one.subnetId, address)
  // An elastic IP in front of such an address stands in front of nothing now.
  for (const elasticIp of tx.where(elasticIps, "interface", one.id)) {
    if (removed.includes(elasticIp.association!.privateAddress)) {
      tx.put(elasticIps, { ...elasticIp, association: undefined })
    }
  }
  const left = one.privateAddresses.filter((address) => !removed.includes(address))
  tx.put(networkInterfaces, { ...one, privateAddresses: left })
}

function notAssigned({ id }: NetworkInterface, address: string) {
  return invalidValue(`Some of the specified addresses are not assigned to interface ${id}: ${address}`)
}

function asWritten(address: string): string {
  const parsed = parseAddress(address)
  if (parsed === undefined) throw invalidValue(`invalid value for parameter address: ${address}`)
  return formatAddress(parsed.family, parsed.value)
}
