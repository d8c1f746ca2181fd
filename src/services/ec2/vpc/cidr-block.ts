import { isDeepStrictEqual } from "node:util"
import type * as sdk from "@aws-sdk/client-ec2"
import type { Operations } from "../../../aws/operations.ts"
import type { Tx } from "../../../store/transaction.ts"
import { contains, formatCidr, knownCidr, overlaps, parseCidr } from "../cidr.ts"
import { fault, invalidValue } from "../fault.ts"
import { newId } from "../ids.ts"
import type { Maker } from "../maker.ts"
import { allowAll } from "../network-acl/entries.ts"
import { tellPeers } from "../peering/write.ts"
import { permit, permitted } from "../permit.ts"
import { vpcKind } from "../resource.ts"
import { allowOutLikewise } from "../security-group/make.ts"
import { ipv6Blocks, networkAcls, securityGroups, subnets, type Vpc, vpcs } from "../tables.ts"
import { refuseUnsupported } from "../unsupported.ts"
import { describeCidrBlock, describeIpv6CidrBlock } from "./describe.ts"
import { newIpv6Block } from "./make.ts"

/** Blocks that do not come from the caller, or from the installation's pool. */
export const refusedSources = {
  Ipv6Pool: "IPv6 address pools of one's own",
  Ipv6CidrBlock: "IPv6 address pools of one's own",
  Ipv4IpamPoolId: "IPAM",
  Ipv4NetmaskLength: "IPAM",
  Ipv6IpamPoolId: "IPAM",
  Ipv6NetmaskLength: "IPAM",
} as const

export const vpcCidrBlockOperations = {
  AssociateVpcCidrBlock(call, input) {
    const vpc = permitted(call, {}, vpcKind, input.VpcId!)
    refuseUnsupported(input, refusedSources)
    if (input.AmazonProvidedIpv6CidrBlock) {
      checkCount(vpc, vpc.ipv6CidrBlocks.length)
      const block = newIpv6Block(call, vpc.id)
      change(call.tx, { ...vpc, ipv6CidrBlocks: [...vpc.ipv6CidrBlocks, block] })
      openDefaultsToIpv6(call, vpc)
      const shown = describeIpv6CidrBlock(call.tx, block)
      return { VpcId: vpc.id, Ipv6CidrBlockAssociation: { ...shown, Ipv6CidrBlockState: { State: "associating" } } }
    }
    if (input.CidrBlock === undefined) {
      throw fault("MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")
    }
    const cidr = checkedVpcCidr(input.CidrBlock)
    checkCount(vpc, vpc.cidrBlocks.length)
    if (vpc.cidrBlocks.some((block) => overlaps(knownCidr(block.cidr), knownCidr(cidr)))) {
      throw fault("InvalidVpc.Conflict", `The CIDR '${cidr}' conflicts with another CIDR in VPC '${vpc.id}'`)
    }
    const block = { associationId: newId(call.random, "vpc-cidr-assoc"), cidr }
    change(call.tx, { ...vpc, cidrBlocks: [...vpc.cidrBlocks, block] })
    return {
      VpcId: vpc.id,
      CidrBlockAssociation: { ...describeCidrBlock(block), CidrBlockState: { State: "associating" } },
    }
  },

  DisassociateVpcCidrBlock(call, input) {
    const associationId = input.AssociationId!
    const [vpc] = call.tx.where(vpcs, "association", associationId)
    permit(call, {}, `vpc/${vpc?.id ?? "*"}`)
    if (vpc === undefined) {
      throw fault(
        "InvalidVpcCidrBlockAssociationID.NotFound",
        `The vpc CIDR block with association ID ${associationId} does not exist`,
      )
    }
    if (vpc.cidrBlocks[0]!.associationId === associationId) {
      throw fault(
        "OperationNotPermitted",
        `The vpc CIDR block with association ID ${associationId} may not be disassociated. It is the primary IPv4 CIDR block of the VPC`,
      )
    }
    const block = [...vpc.cidrBlocks, ...vpc.ipv6CidrBlocks].find((one) => one.associationId === associationId)!
    checkUnused(call, vpc, block.cidr)
    const others = (blocks: Vpc["cidrBlocks"]) => blocks.filter((one) => one !== block)
    change(call.tx, {
      ...vpc,
      cidrBlocks: others(vpc.cidrBlocks),
      ipv6CidrBlocks: others(vpc.ipv6CidrBlocks),
    })
    if (vpc.cidrBlocks.includes(block)) {
      const state = { CidrBlockState: { State: "disassociating" as const } }
      return { VpcId: vpc.id, CidrBlockAssociation: { ...describeCidrBlock(block), ...state } }
    }
    call.tx.anywhere.installation.delete(ipv6Blocks, block.cidr)
    const state = { Ipv6CidrBlockState: { State: "disassociating" as const } }
    return { VpcId: vpc.id, Ipv6CidrBlockAssociation: { ...describeIpv6CidrBlock(call.tx, block), ...state } }
  },
} satisfies Operations<typeof sdk>

/** A VPC's block is a /16 at most and a /28 at least, and not of addresses that mean something else everywhere. */
export function checkedVpcCidr(text: string): string {
  const cidr = parseCidr(text)
  if (cidr === undefined || cidr.family !== 4) {
    throw invalidValue(`Value (${text}) for parameter cidrBlock is invalid. This is not a valid CIDR block.`)
  }
  if (cidr.prefix < 16 || cidr.prefix > 28 || RESERVED.some((reserved) => contains(reserved, cidr))) {
    throw fault("InvalidVpc.Range", `The CIDR '${formatCidr(cidr)}' is invalid.`)
  }
  return formatCidr(cidr)
}

const RESERVED = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4"].map(knownCidr)

function change(tx: Tx, vpc: Vpc): void {
  tx.put(vpcs, vpc)
  tellPeers(tx, vpc)
}

/** The parts that came with a VPC do for its first IPv6 block what they did for IPv4, unless someone has changed them. */
function openDefaultsToIpv6(maker: Maker, { id, ipv6CidrBlocks, defaultNetworkAclId }: Vpc): void {
  const { tx } = maker
  if (ipv6CidrBlocks.length > 0) return
  const acl = tx.mustGet(networkAcls, defaultNetworkAclId)
  if (isDeepStrictEqual(acl.entries, allowAll(false))) tx.put(networkAcls, { ...acl, entries: allowAll(true) })
  for (const group of tx.where(securityGroups, "vpc", id)) allowOutLikewise(maker, group.id)
}

const BLOCKS_MAX = 5

function checkCount({ id }: Vpc, count: number): void {
  if (count < BLOCKS_MAX) return
  throw fault("CidrLimitExceeded", `This network '${id}' has met its maximum number of allowed CIDRs: ${BLOCKS_MAX}`)
}

function checkUnused({ tx }: Pick<Maker, "tx">, { id }: Vpc, cidr: string): void {
  const block = knownCidr(cidr)
  const used = tx
    .where(subnets, "vpc", id)
    .flatMap((subnet) => [subnet.cidr, subnet.ipv6CidrBlock?.cidr ?? []].flat())
    .some((inner) => contains(block, knownCidr(inner)))
  if (used) {
    throw fault("DependencyViolation", `The vpc CIDR block ${cidr} has dependencies and cannot be disassociated.`)
  }
}
