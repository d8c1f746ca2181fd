import { table } from "../../../store/table.ts"

/** What EC2 has made once for an account in a region: the default VPC is not made anew when it has been deleted. */
export interface Beginning {
  readonly key: "beginning"

  /** What new VPCs tell their machines, unless something else is associated with them. */
  readonly dhcpOptionsId: string
  readonly madeAt: number
}

export const beginnings = table({
  name: "ec2/beginnings",
  version: 1,
  key: (beginning: Beginning) => beginning.key,
})

/** A VPC always has a main route table, a default network ACL and a default security group; they go with it. */
export interface Vpc {
  readonly id: string
  readonly isDefault: boolean
  readonly tenancy: "default" | "dedicated"

  /** An id, or `default` for a VPC that has none. */
  readonly dhcpOptionsId: string

  /** The first one is the primary, which the VPC keeps for good. None overlaps another. */
  readonly cidrBlocks: readonly CidrBlock[]
  readonly ipv6CidrBlocks: readonly CidrBlock[]
  readonly enableDnsSupport: boolean
  readonly enableDnsHostnames: boolean
  readonly enableNetworkAddressUsageMetrics: boolean
  readonly defaultNetworkAclId: string
  readonly defaultSecurityGroupId: string
  readonly createdAt: number
}

export interface CidrBlock {
  readonly associationId: string
  readonly cidr: string
}

export const vpcs = table({
  name: "ec2/vpcs",
  version: 1,
  key: (vpc: Vpc) => vpc.id,
  indexes: {
    default: (vpc) => (vpc.isDefault ? "true" : undefined),
    dhcpOptions: (vpc) => vpc.dhcpOptionsId,
    association: (vpc) => [...vpc.cidrBlocks, ...vpc.ipv6CidrBlocks].map(({ associationId }) => associationId),
  },
})

/** A /56 that a VPC of anybody has: no two have the same, so peered VPCs never overlap. */
export interface Ipv6Block {
  readonly cidr: string
  readonly vpcId: string
}

export const ipv6Blocks = table({
  name: "ec2/ipv6-blocks",
  version: 1,
  belongsTo: "installation",
  key: (block: Ipv6Block) => block.cidr,
})

/** A subnet lies within one of its VPC's blocks and overlaps no other subnet. */
export interface Subnet {
  readonly id: string
  readonly vpcId: string
  readonly cidr: string

  /** As in `us-east-1a`. */
  readonly zone: string
  readonly isDefaultForZone: boolean
  readonly ipv6CidrBlock: CidrBlock | undefined
  readonly mapPublicIpOnLaunch: boolean
  readonly assignIpv6AddressOnCreation: boolean
  readonly enableDns64: boolean
  readonly hostnameType: "ip-name" | "resource-name"
  readonly enableResourceNameDnsARecord: boolean
  readonly enableResourceNameDnsAAAARecord: boolean
  readonly networkAclId: string

  /** The association with the network ACL; it changes its id with the ACL. */
  readonly networkAclAssociationId: string
  readonly createdAt: number
}

export const subnets = table({
  name: "ec2/subnets",
  version: 1,
  key: (subnet: Subnet) => subnet.id,
  indexes: {
    vpc: (subnet) => subnet.vpcId,
    default: (subnet) => (subnet.isDefaultForZone ? "true" : undefined),
    networkAcl: (subnet) => subnet.networkAclId,
    networkAclAssociation: (subnet) => subnet.networkAclAssociationId,
    association: (subnet) => subnet.ipv6CidrBlock?.associationId,
  },
})

/** What a VPC's machines are told when they ask for an address. Never changed, only replaced. */
export interface DhcpOptions {
  readonly id: string
  readonly options: readonly { readonly key: string; readonly values: readonly string[] }[]
}

export const dhcpOptions = table({
  name: "ec2/dhcp-options",
  version: 1,
  key: (options: DhcpOptions) => options.id,
})
