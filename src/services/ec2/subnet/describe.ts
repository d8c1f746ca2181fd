import type * as sdk from "@aws-sdk/client-ec2"
import { arnOf } from "../../../aws/arn.ts"
import type { FilterFields } from "../../../aws/filters.ts"
import type { Tx } from "../../../store/transaction.ts"
import { availableCount } from "../address/allocate.ts"
import { accountIn, regionIn } from "../maker.ts"
import type { CidrBlock, Subnet } from "../tables.ts"
import { shownTags } from "../tagging.ts"
import { zonesOf } from "../zones.ts"

export function describeSubnet(tx: Tx, subnet: Subnet): sdk.Subnet {
  return {
    SubnetId: subnet.id,
    SubnetArn: subnetArn(tx, subnet),
    VpcId: subnet.vpcId,
    OwnerId: accountIn(tx),
    State: "available",
    CidrBlock: subnet.cidr,
    Ipv6CidrBlockAssociationSet:
      subnet.ipv6CidrBlock === undefined ? [] : [describeIpv6Association(subnet.ipv6CidrBlock, "associated")],
    AvailableIpAddressCount: availableCount({ tx }, subnet),
    AvailabilityZone: subnet.zone,
    AvailabilityZoneId: zoneId(tx, subnet),
    DefaultForAz: subnet.isDefaultForZone,
    MapPublicIpOnLaunch: subnet.mapPublicIpOnLaunch,
    MapCustomerOwnedIpOnLaunch: false,
    AssignIpv6AddressOnCreation: subnet.assignIpv6AddressOnCreation,
    EnableDns64: subnet.enableDns64,
    Ipv6Native: false,
    PrivateDnsNameOptionsOnLaunch: {
      HostnameType: subnet.hostnameType,
      EnableResourceNameDnsARecord: subnet.enableResourceNameDnsARecord,
      EnableResourceNameDnsAAAARecord: subnet.enableResourceNameDnsAAAARecord,
    },
    BlockPublicAccessStates: { InternetGatewayBlockMode: "off" },
    Tags: shownTags(tx, subnet.id),
  }
}

export function describeIpv6Association(
  { associationId, cidr }: CidrBlock,
  State: sdk.SubnetCidrBlockStateCode,
): sdk.SubnetIpv6CidrBlockAssociation {
  return {
    AssociationId: associationId,
    Ipv6CidrBlock: cidr,
    Ipv6CidrBlockState: { State },
    Ipv6AddressAttribute: "public",
    IpSource: "amazon",
  }
}

function subnetArn(tx: Tx, { id }: Subnet): string {
  return arnOf("ec2", { account: accountIn(tx), region: regionIn(tx) }, `subnet/${id}`)
}

function zoneId(tx: Tx, { zone }: Subnet): string | undefined {
  return zonesOf(regionIn(tx)).find(({ name }) => name === zone)?.id
}

export function subnetFields(tx: Tx): FilterFields<Subnet> {
  const zone = (subnet: Subnet) => subnet.zone
  const cidr = (subnet: Subnet) => subnet.cidr
  const isDefaultForZone = (subnet: Subnet) => subnet.isDefaultForZone
  return {
    "availability-zone": zone,
    availabilityZone: zone,
    "availability-zone-id": (subnet) => zoneId(tx, subnet),
    availabilityZoneId: (subnet) => zoneId(tx, subnet),
    "available-ip-address-count": (subnet) => availableCount({ tx }, subnet),
    "cidr-block": cidr,
    cidr,
    cidrBlock: cidr,
    "customer-owned-ipv4-pool": () => undefined,
    "default-for-az": isDefaultForZone,
    defaultForAz: isDefaultForZone,
    "enable-dns64": (subnet) => subnet.enableDns64,
    "enable-lni-at-device-index": () => undefined,
    "ipv6-cidr-block-association.ipv6-cidr-block": (subnet) => subnet.ipv6CidrBlock?.cidr,
    "ipv6-cidr-block-association.association-id": (subnet) => subnet.ipv6CidrBlock?.associationId,
    "ipv6-cidr-block-association.state": (subnet) => subnet.ipv6CidrBlock && "associated",
    "ipv6-native": () => false,
    "map-customer-owned-ip-on-launch": () => false,
    "map-public-ip-on-launch": (subnet) => subnet.mapPublicIpOnLaunch,
    "outpost-arn": () => undefined,
    "owner-id": () => accountIn(tx),
    "private-dns-name-options-on-launch.hostname-type": (subnet) => subnet.hostnameType,
    "private-dns-name-options-on-launch.enable-resource-name-dns-a-record": (subnet) =>
      subnet.enableResourceNameDnsARecord,
    "private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record": (subnet) =>
      subnet.enableResourceNameDnsAAAARecord,
    state: () => "available",
    "subnet-arn": (subnet) => subnetArn(tx, subnet),
    "subnet-id": (subnet) => subnet.id,
    "vpc-id": (subnet) => subnet.vpcId,
  }
}
