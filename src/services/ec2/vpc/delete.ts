import type { Tx } from "../../../store/transaction.ts"
import { inUse } from "../fault.ts"
import type { Maker } from "../maker.ts"
import { endPeerings } from "../peering/write.ts"
import { flowLogKind, networkAclKind, remove, routeTableKind, vpcKind } from "../resource.ts"
import { mainAssociation } from "../route-table/find.ts"
import { removeGroup } from "../security-group/remove.ts"
import {
  egressOnlyInternetGateways,
  flowLogs,
  internetGateways,
  ipv6Blocks,
  networkAcls,
  networkInterfaces,
  routeTableAssociations,
  routeTables,
  securityGroups,
  subnets,
  type Vpc,
  vpcEndpoints,
} from "../tables.ts"

/** A VPC goes with what came with it, and with its peering connections; everything else must be gone already. */
export function deleteVpc(maker: Maker, vpc: Vpc): void {
  const { tx } = maker
  if (hasDependencies(tx, vpc)) throw inUse("vpc", vpc.id)
  endPeerings(maker, vpc.id)
  removeGroup(tx, vpc.defaultSecurityGroupId)
  remove(tx, networkAclKind, vpc.defaultNetworkAclId)
  const main = mainAssociation(tx, vpc.id)
  tx.delete(routeTableAssociations, main.id)
  remove(tx, routeTableKind, main.routeTableId)
  for (const { cidr } of vpc.ipv6CidrBlocks) tx.anywhere.installation.delete(ipv6Blocks, cidr)
  for (const { id } of tx.where(flowLogs, "resource", vpc.id)) remove(tx, flowLogKind, id)
  remove(tx, vpcKind, vpc.id)
}

function hasDependencies(tx: Tx, { id, defaultSecurityGroupId }: Vpc): boolean {
  return (
    tx.some(subnets, "vpc", id) ||
    tx.some(networkInterfaces, "vpc", id) ||
    tx.some(internetGateways, "vpc", id) ||
    tx.some(egressOnlyInternetGateways, "vpc", id) ||
    tx.some(vpcEndpoints, "vpc", id) ||
    tx.count(routeTables, "vpc", id) > 1 ||
    tx.count(networkAcls, "vpc", id) > 1 ||
    tx.where(securityGroups, "vpc", id).some((group) => group.id !== defaultSecurityGroupId)
  )
}
