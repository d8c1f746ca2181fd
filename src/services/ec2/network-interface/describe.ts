import type * as sdk from "@aws-sdk/client-ec2"
import type { FilterFields } from "../../../aws/filters.ts"
import type { Tx } from "../../../store/transaction.ts"
import { accountIn, regionIn } from "../maker.ts"
import { elasticIps, type InterfaceAttachment, type NetworkInterface, securityGroups } from "../tables.ts"
import { shownTags } from "../tagging.ts"
import { zonesOf } from "../zones.ts"
import { privateDnsName, publicDnsName } from "./names.ts"

export function describeInterface(tx: Tx, networkInterface: NetworkInterface): sdk.NetworkInterface {
  const { privateAddresses, ipv6Addresses, requesterId, attachment, zone } = networkInterface
  const primary = privateAddresses[0]!
  const association = associationAt(tx, networkInterface, primary)
  return {
    NetworkInterfaceId: networkInterface.id,
    OwnerId: accountIn(tx),
    VpcId: networkInterface.vpcId,
    SubnetId: networkInterface.subnetId,
    AvailabilityZone: zone,
    AvailabilityZoneId: zonesOf(regionIn(tx)).find(({ name }) => name === zone)?.id,
    Description: networkInterface.description,
    // The SDK has another spelling for some of them; this is what AWS answers with.
    InterfaceType: networkInterface.interfaceType as sdk.NetworkInterfaceType,
    Status: statusOf(networkInterface),
    MacAddress: networkInterface.macAddress,
    Groups: describeGroups(tx, networkInterface.securityGroupIds),
    PrivateIpAddress: primary,
    PrivateDnsName: privateDnsName(tx, primary),
    PrivateIpAddresses: privateAddresses.map((address, at) => ({
      Primary: at === 0,
      PrivateIpAddress: address,
      PrivateDnsName: privateDnsName(tx, address),
      Association: associationAt(tx, networkInterface, address),
    })),
    Ipv6Addresses: ipv6Addresses.map((Ipv6Address) => ({ Ipv6Address, IsPrimaryIpv6: false })),
    Ipv6Address: ipv6Addresses[0],
    Association: association,
    PublicDnsName: association?.PublicDnsName,
    Attachment: attachment && describeAttachment(attachment),
    RequesterId: requesterId,
    RequesterManaged: requesterId !== undefined,
    SourceDestCheck: networkInterface.sourceDestCheck,
    TagSet: shownTags(tx, networkInterface.id),
  }
}

export function describeAttachment(attachment: InterfaceAttachment): sdk.NetworkInterfaceAttachment {
  return {
    AttachmentId: attachment.id,
    AttachTime: new Date(attachment.attachedAt),
    DeleteOnTermination: false,
    DeviceIndex: attachment.deviceIndex,
    NetworkCardIndex: 0,
    InstanceOwnerId: attachment.instanceOwnerId,
    Status: "attached",
  }
}

export function describeGroups(tx: Tx, groupIds: readonly string[]): sdk.GroupIdentifier[] {
  return groupIds.map((GroupId) => ({ GroupId, GroupName: tx.mustGet(securityGroups, GroupId).name }))
}

/** The public address in front of a private one: an elastic IP, or what the interface was given when it was made. */
export function associationAt(
  tx: Tx,
  { id, vpcId, privateAddresses, publicAddress, requesterId }: NetworkInterface,
  address: string,
): sdk.NetworkInterfaceAssociation | undefined {
  const elasticIp = tx
    .where(elasticIps, "interface", id)
    .find(({ association }) => association!.privateAddress === address)
  if (elasticIp !== undefined) {
    return {
      AllocationId: elasticIp.id,
      AssociationId: elasticIp.association!.id,
      IpOwnerId: accountIn(tx),
      PublicIp: elasticIp.publicIp,
      PublicDnsName: publicDnsName(tx, vpcId, elasticIp.publicIp),
    }
  }
  if (publicAddress === undefined || address !== privateAddresses[0]) return undefined
  return {
    IpOwnerId: requesterId === undefined ? accountIn(tx) : "amazon",
    PublicIp: publicAddress,
    PublicDnsName: publicDnsName(tx, vpcId, publicAddress),
  }
}

function statusOf({ attachment }: NetworkInterface): "available" | "in-use" {
  return attachment === undefined ? "available" : "in-use"
}

export function interfaceFields(tx: Tx): FilterFields<NetworkInterface> {
  const primaryAssociation = (one: NetworkInterface) => associationAt(tx, one, one.privateAddresses[0]!)
  const associations = (one: NetworkInterface) =>
    one.privateAddresses.flatMap((address) => associationAt(tx, one, address) ?? [])
  return {
    "addresses.association.owner-id": (one) => associations(one).map(({ IpOwnerId }) => IpOwnerId!),
    "addresses.association.public-ip": (one) => associations(one).map(({ PublicIp }) => PublicIp!),
    "addresses.primary": (one) => one.privateAddresses.map((_, at) => String(at === 0)),
    "addresses.private-ip-address": (one) => one.privateAddresses,
    "association.allocation-id": (one) => primaryAssociation(one)?.AllocationId,
    "association.association-id": (one) => primaryAssociation(one)?.AssociationId,
    "association.ip-owner-id": (one) => primaryAssociation(one)?.IpOwnerId,
    "association.public-dns-name": (one) => primaryAssociation(one)?.PublicDnsName,
    "association.public-ip": (one) => primaryAssociation(one)?.PublicIp,
    "attachment.attach-time": ({ attachment }) => attachment && new Date(attachment.attachedAt).toISOString(),
    "attachment.attachment-id": ({ attachment }) => attachment?.id,
    "attachment.delete-on-termination": ({ attachment }) => attachment && false,
    "attachment.device-index": ({ attachment }) => attachment?.deviceIndex,
    "attachment.instance-id": () => undefined,
    "attachment.instance-owner-id": ({ attachment }) => attachment?.instanceOwnerId,
    "attachment.nat-gateway-id": () => undefined,
    "attachment.status": ({ attachment }) => attachment && "attached",
    "availability-zone": ({ zone }) => zone,
    "availability-zone-id": (one) => zonesOf(regionIn(tx)).find(({ name }) => name === one.zone)?.id,
    description: ({ description }) => description,
    "group-id": ({ securityGroupIds }) => securityGroupIds,
    "group-name": (one) => describeGroups(tx, one.securityGroupIds).map(({ GroupName }) => GroupName!),
    "interface-type": ({ interfaceType }) => interfaceType,
    "ipv6-addresses.ipv6-address": ({ ipv6Addresses }) => ipv6Addresses,
    "mac-address": ({ macAddress }) => macAddress,
    "network-interface-id": ({ id }) => id,
    "owner-id": () => accountIn(tx),
    "private-dns-name": ({ privateAddresses }) => privateDnsName(tx, privateAddresses[0]!),
    "private-ip-address": ({ privateAddresses }) => privateAddresses,
    "requester-id": ({ requesterId }) => requesterId,
    "requester-managed": ({ requesterId }) => requesterId !== undefined,
    "source-dest-check": ({ sourceDestCheck }) => sourceDestCheck,
    status: statusOf,
    "subnet-id": ({ subnetId }) => subnetId,
    "vpc-id": ({ vpcId }) => vpcId,
  }
}
