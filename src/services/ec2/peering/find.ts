import type { Tx } from "../../../store/transaction.ts"
import { type VpcPeeringConnection, vpcPeeringConnections } from "../tables.ts"

/** The connection by which two VPCs reach each other now. */
export function activePeering(tx: Tx, vpcId: string, otherVpcId: string): VpcPeeringConnection | undefined {
  return tx
    .where(vpcPeeringConnections, "vpc", vpcId)
    .find(
      ({ status, requester, accepter }) =>
        status === "active" && (requester.vpcId === otherVpcId || accepter.vpcId === otherVpcId),
    )
}
