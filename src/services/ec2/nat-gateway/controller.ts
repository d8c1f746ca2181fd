import { controller, on, type Turn } from "../../../store/controller.ts"
import type { Tx } from "../../../store/transaction.ts"
import { associate } from "../elastic-ip/associate.ts"
import { removeInterface } from "../network-interface/make.ts"
import { elasticIps, internetGateways, type NatGateway, natGateways, networkInterfaces } from "../tables.ts"

/** Brings a NAT gateway up, or says why it cannot be; and takes a deleted one down. */
export const natGatewayMoves = controller({
  name: "ec2/nat-gateways",
  wakes: [on(natGateways, ({ id, state }) => (state === "pending" || state === "deleting" ? id : undefined))],

  reconcile(turn, id) {
    const { tx, now } = turn
    const gateway = tx.get(natGateways, id)
    if (gateway?.state === "pending") tx.put(natGateways, started(turn, gateway))
    if (gateway?.state === "deleting") {
      releaseInterface(turn, gateway)
      tx.put(natGateways, { ...gateway, state: "deleted", deletedAt: now })
    }
  },
})

function started(turn: Turn, gateway: NatGateway): NatGateway {
  const { tx, now } = turn
  const failure = obstacle(tx, gateway)
  if (failure !== undefined) {
    releaseInterface(turn, gateway)
    return { ...gateway, state: "failed", failure, deletedAt: now }
  }
  if (gateway.allocationId === undefined) return { ...gateway, state: "available" }
  const elasticIp = tx.mustGet(elasticIps, gateway.allocationId)
  const association = associate(turn, elasticIp, tx.mustGet(networkInterfaces, gateway.interfaceId), { mayMove: false })
  return { ...gateway, state: "available", publicIp: elasticIp.publicIp, associationId: association.id }
}

/** What AWS would find wrong; for a private gateway there is nothing. */
function obstacle(tx: Tx, { vpcId, allocationId }: NatGateway): NatGateway["failure"] {
  if (allocationId === undefined) return undefined
  if (!tx.some(internetGateways, "vpc", vpcId)) {
    return { code: "Gateway.NotAttached", message: `Network ${vpcId} has no Internet gateway attached` }
  }
  const elasticIp = tx.get(elasticIps, allocationId)
  if (elasticIp === undefined) {
    const message = `Elastic IP address ${allocationId} could not be associated with this NAT gateway`
    return { code: "InvalidAllocationID.NotFound", message }
  }
  return elasticIp.association === undefined
    ? undefined
    : { code: "Resource.AlreadyAssociated", message: `Elastic IP address ${allocationId} is already associated` }
}

function releaseInterface(turn: Turn, { interfaceId }: NatGateway): void {
  const networkInterface = turn.tx.get(networkInterfaces, interfaceId)
  if (networkInterface !== undefined) removeInterface(turn, networkInterface)
}
