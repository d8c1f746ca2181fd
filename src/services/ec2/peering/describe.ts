import type * as sdk from "@aws-sdk/client-ec2"
import type { Tx } from "../../../store/transaction.ts"
import type { PeeringSide, VpcPeeringConnection } from "../tables.ts"
import { shownTags } from "../tagging.ts"

export function describePeering(tx: Tx, connection: VpcPeeringConnection): sdk.VpcPeeringConnection {
  const { id, status, statusMessage, requester, accepter, expiresAt } = connection
  return {
    VpcPeeringConnectionId: id,
    Status: { Code: status, Message: statusMessage },
    RequesterVpcInfo: describeSide(requester),
    AccepterVpcInfo: describeSide(accepter),
    ...(status === "pending-acceptance" && { ExpirationTime: new Date(expiresAt) }),
    Tags: shownTags(tx, id),
  }
}

/** Before it has accepted, nothing is told of a side but which VPC is meant. */
function describeSide({
  account,
  region,
  vpcId,
  cidrs,
  ipv6Cidrs,
  allowDnsResolution,
}: PeeringSide): sdk.VpcPeeringConnectionVpcInfo {
  return {
    OwnerId: account,
    Region: region,
    VpcId: vpcId,
    ...(cidrs !== undefined && {
      CidrBlock: cidrs[0],
      CidrBlockSet: cidrs.map((CidrBlock) => ({ CidrBlock })),
      Ipv6CidrBlockSet: ipv6Cidrs.map((Ipv6CidrBlock) => ({ Ipv6CidrBlock })),
      PeeringOptions: {
        AllowDnsResolutionFromRemoteVpc: allowDnsResolution,
        AllowEgressFromLocalClassicLinkToRemoteVpc: false,
        AllowEgressFromLocalVpcToRemoteClassicLink: false,
      },
    }),
  }
}
