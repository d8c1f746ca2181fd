import { controller, on } from "../../../store/controller.ts"
import { vpcPeeringConnections } from "../tables.ts"
import { putPeering } from "./write.ts"

/** Who is asked for a connection has a week to accept. */
export const peeringExpiry = controller({
  name: "ec2/peering-expiry",
  wakes: [on(vpcPeeringConnections, ({ id, status }) => (status === "pending-acceptance" ? id : undefined))],

  reconcile({ tx, now, wakeAt }, id) {
    const connection = tx.get(vpcPeeringConnections, id)
    if (connection?.status !== "pending-acceptance") return
    if (now < connection.expiresAt) return wakeAt(connection.expiresAt)
    const statusMessage = "The VPC peering connection request was not accepted in time"
    putPeering(tx, { ...connection, status: "expired", statusMessage, endedAt: now })
  },
})
