import type { Tx } from "../../../store/transaction.ts"
import { fault } from "../fault.ts"
import { findAll, securityGroupKind } from "../resource.ts"
import type { Subnet } from "../tables.ts"
import { vpcs } from "../tables.ts"

/** The groups that an interface in a subnet is to have, each once: its VPC's, or without any the VPC's default group. */
export function checkedGroups(
  tx: Tx,
  { id, vpcId }: Pick<Subnet, "id" | "vpcId">,
  groupIds: readonly string[] = [],
): readonly string[] {
  const ids = [...new Set(groupIds)]
  if (ids.length === 0) return [tx.mustGet(vpcs, vpcId).defaultSecurityGroupId]
  const stranger = findAll(tx, securityGroupKind, ids).find((group) => group.vpcId !== vpcId)
  if (stranger !== undefined) {
    throw fault("InvalidParameter", `Security group ${stranger.id} and subnet ${id} belong to different networks.`)
  }
  if (ids.length > GROUPS_MAX) {
    throw fault(
      "SecurityGroupsPerInterfaceLimitExceeded",
      "The maximum number of security groups per interface has been reached.",
    )
  }
  return ids
}

const GROUPS_MAX = 16
