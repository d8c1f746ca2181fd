import type { Tx } from "../../../store/transaction.ts"
import { remove, securityGroupKind, securityGroupRuleKind } from "../resource.ts"
import { securityGroupRules } from "../tables.ts"

/** A group goes with its own rules. */
export function removeGroup(tx: Tx, groupId: string): void {
  for (const { id } of tx.where(securityGroupRules, "group", groupId)) remove(tx, securityGroupRuleKind, id)
  remove(tx, securityGroupKind, groupId)
}
