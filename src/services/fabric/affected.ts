import type { RecordChange } from "../../store/changes.ts"
import type { AnyTable } from "../../store/table.ts"
import type { Tx } from "../../store/transaction.ts"
import {
  type ElasticIp,
  egressOnlyInternetGateways,
  elasticIps,
  type FlowLog,
  flowLogs,
  internetGateways,
  natGateways,
  networkAcls,
  networkInterfaces,
  type PrefixList,
  prefixLists,
  routeTableAssociations,
  routeTables,
  type SecurityGroupRule,
  securityGroupRules,
  securityGroups,
  subnets,
  type VpcPeeringConnection,
  vpcEndpoints,
  vpcPeeringConnections,
  vpcs,
} from "../ec2/index.ts"
import { hostedInterfaces, networkNumbers } from "./tables.ts"

/** By table, which VPCs' records may be others once a record of it has changed. `tx` is where the record lies. */
const AFFECTED: ReadonlyMap<AnyTable, (tx: Tx, record: never) => readonly (string | undefined)[]> = new Map<
  AnyTable,
  (tx: Tx, record: never) => readonly (string | undefined)[]
>([
  [vpcs, (_, { id }: { readonly id: string }) => [id]],
  ...[
    subnets,
    routeTables,
    routeTableAssociations,
    securityGroups,
    networkAcls,
    networkInterfaces,
    natGateways,
    internetGateways,
    egressOnlyInternetGateways,
    vpcEndpoints,
    hostedInterfaces,
    networkNumbers,
  ].map((table): [AnyTable, typeof ownVpc] => [table, ownVpc]),
  // A rule whose group is gone went with it, and that is a change of the group.
  [securityGroupRules, (tx, { groupId }: SecurityGroupRule) => [vpcOfGroup(tx, groupId)]],
  [flowLogs, affectedByFlowLog],
  [prefixLists, affectedByPrefixList],
  [
    elasticIps,
    (tx, { association }: ElasticIp) => [association && tx.get(networkInterfaces, association.interfaceId)?.vpcId],
  ],
  [vpcPeeringConnections, (_, { requester, accepter }: VpcPeeringConnection) => [requester.vpcId, accepter.vpcId]],
])

/** Whatever the records of VPCs are made of. DHCP options never change; a VPC only gets others. */
export const SOURCES: readonly AnyTable[] = [...AFFECTED.keys()]

/** The VPCs that a change may touch. */
export function affectedVpcs({ anywhere }: Tx, { table, scope, before, after }: RecordChange): Set<string> {
  const affected = new Set<string>()
  const find = AFFECTED.get(table)
  for (const record of [before, after]) {
    if (find === undefined || record === undefined) continue
    for (const vpcId of find(anywhere.in(scope), record as never)) if (vpcId !== undefined) affected.add(vpcId)
  }
  return affected
}

function ownVpc(_: Tx, { vpcId }: { readonly vpcId: string | undefined }): readonly (string | undefined)[] {
  return [vpcId]
}

function vpcOfGroup(tx: Tx, groupId: string): string | undefined {
  return tx.get(securityGroups, groupId)?.vpcId
}

/** It is of a VPC, a subnet or an interface. */
function affectedByFlowLog(tx: Tx, { resourceId }: FlowLog): readonly (string | undefined)[] {
  const found = tx.get(subnets, resourceId) ?? tx.get(networkInterfaces, resourceId)
  return [found?.vpcId ?? tx.get(vpcs, resourceId)?.id]
}

function affectedByPrefixList(tx: Tx, { id }: PrefixList): readonly (string | undefined)[] {
  return [
    ...tx.where(routeTables, "prefixList", id).map(({ vpcId }) => vpcId),
    ...tx.where(securityGroupRules, "prefixList", id).map(({ groupId }) => vpcOfGroup(tx, groupId)),
  ]
}
