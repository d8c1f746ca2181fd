import { regionScope, type Scope } from "../../store/changes.ts"
import type { Tx } from "../../store/transaction.ts"
import { type VpcPeeringConnection, vpcPeeringConnections } from "../ec2/index.ts"
import { type FabricRecord, recordOf } from "./record.ts"
import { hostedInterfaces, machines } from "./tables.ts"

/** What a machine has to know about: by VPC, where its records lie. */
export type Followed = ReadonlyMap<string, Scope>

/** The VPCs that have an interface on a machine, and those that are peered with one of them. */
export function followedBy({ anywhere }: Tx, host: string): Followed {
  const followed = new Map<string, Scope>()
  for (const { vpcId, scope } of anywhere.installation.where(hostedInterfaces, "host", host)) followed.set(vpcId, scope)
  for (const [vpcId, scope] of [...followed]) {
    for (const { requester, accepter } of activePeerings(anywhere.in(scope), vpcId)) {
      const peer = requester.vpcId === vpcId ? accepter : requester
      followed.set(peer.vpcId, regionScope(peer.account, peer.region))
    }
  }
  return followed
}

/** What belongs to no VPC alone: connections between those that are followed, and the machines that share them. */
export function sharedRecords(
  { anywhere }: Tx,
  { host, followed, hosts }: { readonly host: string; readonly followed: Followed; readonly hosts: Iterable<string> },
): FabricRecord[] {
  const peerings = new Map<string, FabricRecord>()
  for (const [vpcId, scope] of followed) {
    for (const { id, requester, accepter } of activePeerings(anywhere.in(scope), vpcId)) {
      if (!followed.has(requester.vpcId) || !followed.has(accepter.vpcId)) continue
      peerings.set(id, recordOf("peering", { id, vpcIds: [requester.vpcId, accepter.vpcId] }))
    }
  }
  const others = [...new Set(hosts)].filter((other) => other !== host).sort()
  const reached = others.flatMap((other) => {
    const underlayAddress = anywhere.installation.get(machines, other)?.underlayAddress
    return underlayAddress === undefined ? [] : recordOf("machine", { id: other, host: other, underlayAddress })
  })
  return [...peerings.values(), ...reached]
}

function activePeerings(tx: Tx, vpcId: string): readonly VpcPeeringConnection[] {
  return tx.list(vpcPeeringConnections, { where: ["vpc", vpcId] }).filter(({ status }) => status === "active")
}
