import type * as sdk from "@aws-sdk/client-ec2"
import type { Tx } from "../../../store/transaction.ts"
import type { NatGateway } from "../tables.ts"
import { shownTags } from "../tagging.ts"

export function describeNatGateway(tx: Tx, gateway: NatGateway): sdk.NatGateway {
  const { failure, deletedAt } = gateway
  return {
    NatGatewayId: gateway.id,
    VpcId: gateway.vpcId,
    SubnetId: gateway.subnetId,
    State: gateway.state,
    ConnectivityType: gateway.connectivity,
    CreateTime: new Date(gateway.createdAt),
    ...(failure && { FailureCode: failure.code, FailureMessage: failure.message }),
    ...(deletedAt !== undefined && { DeleteTime: new Date(deletedAt) }),
    NatGatewayAddresses: [
      {
        AllocationId: gateway.allocationId,
        AssociationId: gateway.associationId,
        IsPrimary: true,
        NetworkInterfaceId: gateway.interfaceId,
        PrivateIp: gateway.privateAddress,
        PublicIp: gateway.publicIp,
        Status: ADDRESS_STATUS[gateway.state],
      },
    ],
    Tags: shownTags(tx, gateway.id),
  }
}

const ADDRESS_STATUS: Readonly<Record<NatGateway["state"], sdk.NatGatewayAddressStatus>> = {
  pending: "associating",
  available: "succeeded",
  failed: "failed",
  deleting: "disassociating",
  deleted: "succeeded",
}
