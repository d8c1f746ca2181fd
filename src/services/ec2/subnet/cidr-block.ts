import type * as sdk from "@aws-sdk/client-ec2"
import type { Operations } from "../../../aws/operations.ts"
import type { Tx } from "../../../store/transaction.ts"
import { addressAt, type Cidr, contains, formatCidr, knownCidr, overlaps, parseCidr, sizeOf } from "../cidr.ts"
import { fault, invalidValue, missing } from "../fault.ts"
import { permit, permitted } from "../permit.ts"
import { find, subnetKind, vpcKind } from "../resource.ts"
import { networkInterfaces, type Subnet, subnets, type Vpc } from "../tables.ts"
import { refuseUnsupported } from "../unsupported.ts"
import { describeIpv6Association } from "./describe.ts"
import { newIpv6Association } from "./make.ts"

export const subnetCidrBlockOperations = {
  AssociateSubnetCidrBlock(call, input) {
    const subnet = permitted(call, {}, subnetKind, input.SubnetId!)
    refuseUnsupported(input, { Ipv6IpamPoolId: "IPAM", Ipv6NetmaskLength: "IPAM" })
    if (input.Ipv6CidrBlock === undefined) throw missing("ipv6CidrBlock")
    const vpc = find(call.tx, vpcKind, subnet.vpcId)
    if (subnet.ipv6CidrBlock !== undefined) {
      throw fault("InvalidSubnet.Conflict", `The subnet '${subnet.id}' already has an IPv6 CIDR block`)
    }
    const block = newIpv6Association(call.random, checkSubnetIpv6Cidr(call.tx, vpc, input.Ipv6CidrBlock))
    call.tx.put(subnets, { ...subnet, ipv6CidrBlock: block })
    return { SubnetId: subnet.id, Ipv6CidrBlockAssociation: describeIpv6Association(block, "associating") }
  },

  DisassociateSubnetCidrBlock(call, input) {
    const associationId = input.AssociationId!
    const [subnet] = call.tx.where(subnets, "association", associationId)
    permit(call, {}, `subnet/${subnet?.id ?? "*"}`)
    if (subnet?.ipv6CidrBlock === undefined) {
      throw fault(
        "InvalidSubnetCidrBlockAssociationID.NotFound",
        `The subnet CIDR block with association ID '${associationId}' does not exist`,
      )
    }
    if (call.tx.where(networkInterfaces, "subnet", subnet.id).some((one) => one.ipv6Addresses.length > 0)) {
      throw fault(
        "InvalidCidrBlock.InUse",
        `The subnet CIDR block with association ID '${associationId}' is in use and cannot be disassociated.`,
      )
    }
    call.tx.put(subnets, { ...subnet, ipv6CidrBlock: undefined, assignIpv6AddressOnCreation: false })
    return {
      SubnetId: subnet.id,
      Ipv6CidrBlockAssociation: describeIpv6Association(subnet.ipv6CidrBlock, "disassociating"),
    }
  },
} satisfies Operations<typeof sdk>

/** A subnet's block lies within one of its VPC's, beside all other subnets. */
export function checkSubnetCidr(tx: Tx, vpc: Vpc, text: string): string {
  const cidr = parseCidr(text)
  if (cidr === undefined || cidr.family !== 4) {
    throw invalidValue(`Value (${text}) for parameter cidrBlock is invalid. This is not a valid CIDR block.`)
  }
  const isInVpc = vpc.cidrBlocks.some((block) => contains(knownCidr(block.cidr), cidr))
  if (cidr.prefix < 16 || cidr.prefix > 28 || !isInVpc) throw invalidRange(cidr)
  checkFree(tx, vpc, cidr, (subnet) => subnet.cidr)
  return formatCidr(cidr)
}

/** For IPv6 it is always a /64, which leaves room for 256 subnets in a VPC's /56. */
export function checkSubnetIpv6Cidr(tx: Tx, vpc: Vpc, text: string): string {
  const cidr = parseCidr(text)
  if (cidr === undefined || cidr.family !== 6) {
    throw invalidValue(`Value (${text}) for parameter ipv6CidrBlock is invalid. This is not a valid IPv6 CIDR block.`)
  }
  const isInVpc = vpc.ipv6CidrBlocks.some((block) => contains(knownCidr(block.cidr), cidr))
  if (cidr.prefix !== 64 || !isInVpc) throw invalidRange(cidr)
  checkFree(tx, vpc, cidr, (subnet) => subnet.ipv6CidrBlock?.cidr)
  return formatCidr(cidr)
}

/** The first block of such a size in a VPC that no subnet has anything of. */
export function freeCidr(tx: Tx, { id, cidrBlocks }: Vpc, prefix: number): string | undefined {
  const taken = tx.where(subnets, "vpc", id).map(({ cidr }) => knownCidr(cidr))
  for (const block of cidrBlocks.map(({ cidr }) => knownCidr(cidr))) {
    const step = 1n << BigInt(32 - prefix)
    for (let offset = 0n; offset + step <= sizeOf(block); offset += step) {
      const cidr: Cidr = { family: 4, first: block.first + offset, prefix }
      if (!taken.some((other) => overlaps(other, cidr))) return `${addressAt(block, offset)}/${prefix}`
    }
  }
  return undefined
}

function invalidRange(cidr: Cidr) {
  return fault("InvalidSubnet.Range", `The CIDR '${formatCidr(cidr)}' is invalid.`)
}

function checkFree(tx: Tx, { id }: Vpc, cidr: Cidr, blockOf: (subnet: Subnet) => string | undefined): void {
  const conflicts = tx.where(subnets, "vpc", id).some((subnet) => {
    const block = blockOf(subnet)
    return block !== undefined && overlaps(knownCidr(block), cidr)
  })
  if (conflicts) {
    throw fault("InvalidSubnet.Conflict", `The CIDR '${formatCidr(cidr)}' conflicts with another subnet`)
  }
}
