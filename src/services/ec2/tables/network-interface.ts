import { table } from "../../../store/table.ts"

/** An interface has one address of its subnet for good, and perhaps more; all its security groups are its VPC's. */
export interface NetworkInterface {
  readonly id: string
  readonly vpcId: string
  readonly subnetId: string
  readonly zone: string
  readonly description: string
  readonly interfaceType: "interface" | "nat_gateway" | "vpc_endpoint"

  /** Unlike every other interface's in the installation. */
  readonly macAddress: string

  /** The first one is the primary. */
  readonly privateAddresses: readonly string[]
  readonly ipv6Addresses: readonly string[]

  /** Given with the interface and taken with it, in front of the primary address, unless an elastic IP stands there. */
  readonly publicAddress: string | undefined
  readonly securityGroupIds: readonly string[]
  readonly sourceDestCheck: boolean

  /** Who made it on the account's behalf; the account can then look at it, but not change it. */
  readonly requesterId: string | undefined
  readonly attachment: InterfaceAttachment | undefined
  readonly createdAt: number
}

export interface InterfaceAttachment {
  readonly id: string
  readonly instanceOwnerId: string
  readonly deviceIndex: number
  readonly attachedAt: number
}

export const networkInterfaces = table({
  name: "ec2/network-interfaces",
  version: 1,
  key: (networkInterface: NetworkInterface) => networkInterface.id,
  indexes: {
    vpc: ({ vpcId }) => vpcId,
    subnet: ({ subnetId }) => subnetId,
    securityGroup: ({ securityGroupIds }) => securityGroupIds,
    privateAddress: ({ privateAddresses }) => privateAddresses,
    description: ({ description }) => description,
    attachment: ({ attachment }) => attachment?.id,
  },
})

/** So that no hardware address is given twice, whoever asks. */
export interface MacAddress {
  readonly address: string
}

export const macAddresses = table({
  name: "ec2/mac-addresses",
  version: 1,
  belongsTo: "installation",
  key: (mac: MacAddress) => mac.address,
})
