import type * as sdk from "@aws-sdk/client-ec2"
import type { FilterFields } from "../../../aws/filters.ts"
import type { Tx } from "../../../store/transaction.ts"
import { accountIn, regionIn } from "../maker.ts"
import type { CidrBlock, Vpc } from "../tables.ts"
import { shownTags } from "../tagging.ts"

export function describeVpc(tx: Tx, vpc: Vpc): sdk.Vpc {
  return {
    VpcId: vpc.id,
    OwnerId: accountIn(tx),
    State: "available",
    CidrBlock: vpc.cidrBlocks[0]!.cidr,
    CidrBlockAssociationSet: vpc.cidrBlocks.map(describeCidrBlock),
    Ipv6CidrBlockAssociationSet: vpc.ipv6CidrBlocks.map((block) => describeIpv6CidrBlock(tx, block)),
    DhcpOptionsId: vpc.dhcpOptionsId,
    InstanceTenancy: vpc.tenancy,
    IsDefault: vpc.isDefault,
    BlockPublicAccessStates: { InternetGatewayBlockMode: "off" },
    Tags: shownTags(tx, vpc.id),
  }
}

export function describeCidrBlock({ associationId, cidr }: CidrBlock): sdk.VpcCidrBlockAssociation {
  return { AssociationId: associationId, CidrBlock: cidr, CidrBlockState: { State: "associated" } }
}

export function describeIpv6CidrBlock(tx: Tx, { associationId, cidr }: CidrBlock): sdk.VpcIpv6CidrBlockAssociation {
  return {
    AssociationId: associationId,
    Ipv6CidrBlock: cidr,
    Ipv6CidrBlockState: { State: "associated" },
    Ipv6Pool: "Amazon",
    NetworkBorderGroup: regionIn(tx),
    Ipv6AddressAttribute: "public",
    IpSource: "amazon",
  }
}

export function vpcFields(tx: Tx): FilterFields<Vpc> {
  const isDefault = (vpc: Vpc) => vpc.isDefault
  return {
    cidr: (vpc) => vpc.cidrBlocks[0]!.cidr,
    "cidr-block": (vpc) => vpc.cidrBlocks[0]!.cidr,
    "cidr-block-association.cidr-block": (vpc) => vpc.cidrBlocks.map(({ cidr }) => cidr),
    "cidr-block-association.association-id": (vpc) => vpc.cidrBlocks.map(({ associationId }) => associationId),
    "cidr-block-association.state": () => "associated",
    "dhcp-options-id": (vpc) => vpc.dhcpOptionsId,
    "ipv6-cidr-block-association.ipv6-cidr-block": (vpc) => vpc.ipv6CidrBlocks.map(({ cidr }) => cidr),
    "ipv6-cidr-block-association.ipv6-pool": (vpc) => vpc.ipv6CidrBlocks.map(() => "Amazon"),
    "ipv6-cidr-block-association.association-id": (vpc) => vpc.ipv6CidrBlocks.map(({ associationId }) => associationId),
    "ipv6-cidr-block-association.state": (vpc) => vpc.ipv6CidrBlocks.map(() => "associated"),
    "is-default": isDefault,
    isDefault,
    "owner-id": () => accountIn(tx),
    state: () => "available",
    "vpc-id": (vpc) => vpc.id,
  }
}
