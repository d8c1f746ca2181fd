import { newId } from "../ids.ts"
import type { Maker } from "../maker.ts"
import { type Subnet, subnets, type Vpc } from "../tables.ts"

export interface SubnetRequest {
  readonly cidr: string
  readonly zone: string
  readonly ipv6Cidr?: string | undefined
  readonly isDefaultForZone?: boolean
}

/** A subnet under its VPC's default network ACL and main route table. */
export function makeSubnet({ tx, now, random }: Maker, vpc: Vpc, request: SubnetRequest): Subnet {
  const { cidr, zone, ipv6Cidr, isDefaultForZone = false } = request
  const subnet: Subnet = {
    id: newId(random, "subnet"),
    vpcId: vpc.id,
    cidr,
    zone,
    isDefaultForZone,
    ipv6CidrBlock: ipv6Cidr === undefined ? undefined : newIpv6Association(random, ipv6Cidr),
    mapPublicIpOnLaunch: isDefaultForZone,
    assignIpv6AddressOnCreation: false,
    enableDns64: false,
    hostnameType: "ip-name",
    enableResourceNameDnsARecord: false,
    enableResourceNameDnsAAAARecord: false,
    networkAclId: vpc.defaultNetworkAclId,
    networkAclAssociationId: newId(random, "aclassoc"),
    createdAt: now,
  }
  tx.put(subnets, subnet)
  return subnet
}

export function newIpv6Association(random: Maker["random"], cidr: string) {
  return { associationId: newId(random, "subnet-cidr-assoc"), cidr }
}
