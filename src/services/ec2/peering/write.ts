import { regionScope } from "../../../store/changes.ts"
import type { Tx } from "../../../store/transaction.ts"
import { accountIn, type Maker } from "../maker.ts"
import {
  type CidrBlock,
  type PeeringSide,
  type Vpc,
  type VpcPeeringConnection,
  vpcPeeringConnections,
} from "../tables.ts"

/** Writes both sides' records. */
export function putPeering({ anywhere }: Tx, connection: VpcPeeringConnection): void {
  for (const side of [connection.requester, connection.accepter]) {
    sideOf(anywhere, side).put(vpcPeeringConnections, connection)
  }
}

function sideOf(anywhere: Tx["anywhere"], { account, region }: PeeringSide): Tx {
  return anywhere.in(regionScope(account, region))
}

/** Connections of a VPC that goes end with it, also on the other side. */
export function endPeerings({ tx, now }: Maker, vpcId: string): void {
  for (const connection of tx.where(vpcPeeringConnections, "vpc", vpcId)) {
    if (connection.endedAt !== undefined) continue
    putPeering(tx, { ...connection, status: "deleted", statusMessage: deletedBy(tx), endedAt: now })
  }
}

/** What each side tells the other of its blocks is as they are now. */
export function tellPeers(tx: Tx, vpc: Vpc): void {
  const blocks = { cidrs: cidrsOf(vpc.cidrBlocks), ipv6Cidrs: cidrsOf(vpc.ipv6CidrBlocks) }
  const told = (side: PeeringSide) =>
    side.vpcId === vpc.id && side.cidrs !== undefined ? { ...side, ...blocks } : side
  for (const connection of tx.where(vpcPeeringConnections, "vpc", vpc.id)) {
    if (connection.endedAt !== undefined) continue
    putPeering(tx, { ...connection, requester: told(connection.requester), accepter: told(connection.accepter) })
  }
}

export function cidrsOf(blocks: readonly CidrBlock[]): readonly string[] {
  return blocks.map(({ cidr }) => cidr)
}

export function deletedBy(tx: Tx): string {
  return `Deleted by ${accountIn(tx)}`
}
