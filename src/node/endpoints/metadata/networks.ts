import type { NetworkInterface, TaskPayload } from "../../../wire/task.ts"
import type { ContainerRecord } from "../../agent/records.ts"

/** The networks of a container; what only an interface of its own has is told to those who know of it. */
export function networksOf(payload: TaskPayload, container: ContainerRecord, { full }: { readonly full: boolean }) {
  const interfaces = payload.elasticNetworkInterfaces ?? []
  if (payload.networkMode === "awsvpc") {
    return interfaces.map((given, index) => ({ ...addressesOf(given), ...(full && propertiesOf(given, index)) }))
  }
  const [of4, of6] = byFamily(container.addresses)
  return [
    {
      NetworkMode: payload.networkMode ?? "bridge",
      IPv4Addresses: of4,
      ...(of6.length > 0 && { IPv6Addresses: of6 }),
    },
  ]
}

function addressesOf({ ipv4Addresses = [], ipv6Addresses = [] }: NetworkInterface) {
  return {
    NetworkMode: "awsvpc",
    IPv4Addresses: ipv4Addresses.map(({ privateAddress }) => privateAddress),
    ...(ipv6Addresses.length > 0 && { IPv6Addresses: ipv6Addresses.map(({ address }) => address) }),
  }
}

function propertiesOf(given: NetworkInterface, position: number) {
  const { subnetGatewayIpv4Address: gateway4, subnetGatewayIpv6Address: gateway6 } = given
  const { domainNameServers = [], domainName = [] } = given
  return {
    AttachmentIndex: given.index ?? position,
    MACAddress: given.macAddress,
    ...(gateway4 && { IPv4SubnetCIDRBlock: subnetOf(gateway4) }),
    ...(gateway6 && { IPv6SubnetCIDRBlock: gateway6 }),
    ...(domainNameServers.length > 0 && { DomainNameServers: domainNameServers }),
    ...(domainName.length > 0 && { DomainNameSearchList: domainName }),
    ...(given.privateDnsName && { PrivateDNSName: given.privateDnsName }),
    ...(gateway4 && { SubnetGatewayIpv4Address: gateway4 }),
    ...(gateway6 && { SubnetGatewayIpv6Address: gateway6 }),
  }
}

/** The block that an address with a prefix lies in: `10.0.1.0/24` for `10.0.1.1/24`. */
export function subnetOf(addressWithPrefix: string): string {
  const [address = "", prefix = "32"] = addressWithPrefix.split("/")
  const size = 2 ** (32 - Number(prefix))
  const value = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0)
  const first = value - (value % size)
  return `${[24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join(".")}/${prefix}`
}

function byFamily(addresses: readonly string[]): [of4: string[], of6: string[]] {
  return [
    addresses.filter((address) => address !== "" && !address.includes(":")),
    addresses.filter((address) => address.includes(":")),
  ]
}
