import type * as sdk from "@aws-sdk/client-ec2"
import type { FilterFields } from "../../../aws/filters.ts"
import type { Tx } from "../../../store/transaction.ts"
import { accountIn, regionIn } from "../maker.ts"
import { type ElasticIp, networkInterfaces } from "../tables.ts"
import { shownTags } from "../tagging.ts"

export function describeAddress(tx: Tx, { id, publicIp, association }: ElasticIp): sdk.Address {
  const networkInterface = association && tx.mustGet(networkInterfaces, association.interfaceId)
  return {
    AllocationId: id,
    PublicIp: publicIp,
    Domain: "vpc",
    PublicIpv4Pool: "amazon",
    NetworkBorderGroup: regionIn(tx),
    ...(association && {
      AssociationId: association.id,
      NetworkInterfaceId: association.interfaceId,
      NetworkInterfaceOwnerId: accountIn(tx),
      PrivateIpAddress: association.privateAddress,
      SubnetId: networkInterface!.subnetId,
    }),
    Tags: shownTags(tx, id),
  }
}

export function addressFields(tx: Tx): FilterFields<ElasticIp> {
  return {
    "allocation-id": ({ id }) => id,
    "association-id": ({ association }) => association?.id,
    domain: () => "vpc",
    "instance-id": () => undefined,
    "network-border-group": () => regionIn(tx),
    "network-interface-id": ({ association }) => association?.interfaceId,
    "network-interface-owner-id": ({ association }) => association && accountIn(tx),
    "private-ip-address": ({ association }) => association?.privateAddress,
    "public-ip": ({ publicIp }) => publicIp,
  }
}
