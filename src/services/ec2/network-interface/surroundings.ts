import type { Tx } from "../../../store/transaction.ts"
import { addressAt, knownCidr } from "../cidr.ts"
import { dhcpOptions, type NetworkInterface, subnets, vpcs } from "../tables.ts"

/** What a machine is told about the subnet that its interface is in. */
export interface Surroundings {
  /** With the length of the subnet's prefix: `172.31.0.1/20`. */
  readonly gateway: string
  readonly ipv6Gateway: string | undefined
  readonly nameServers: readonly string[]
  readonly searchDomains: readonly string[]
}

/** A subnet's first address is its router's; the VPC's third is that of its resolver. */
export function interfaceSurroundings(tx: Tx, { subnetId, vpcId }: NetworkInterface): Surroundings {
  const { cidr, ipv6CidrBlock } = tx.mustGet(subnets, subnetId)
  const vpc = tx.mustGet(vpcs, vpcId)
  const options = tx.get(dhcpOptions, vpc.dhcpOptionsId)?.options ?? []
  const valuesOf = (name: string) => options.find(({ key }) => key === name)?.values ?? []
  const resolver = addressAt(knownCidr(vpc.cidrBlocks[0]!.cidr), 2)
  return {
    gateway: routerIn(cidr),
    ipv6Gateway: ipv6CidrBlock && routerIn(ipv6CidrBlock.cidr),
    nameServers: valuesOf("domain-name-servers").map((server) => (server === "AmazonProvidedDNS" ? resolver : server)),
    searchDomains: valuesOf("domain-name"),
  }
}

function routerIn(cidr: string): string {
  const block = knownCidr(cidr)
  return `${addressAt(block, 1)}/${block.prefix}`
}
