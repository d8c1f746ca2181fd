import type { Tx } from "../../../store/transaction.ts"
import { regionIn } from "../maker.ts"
import { find, prefixListKind } from "../resource.ts"
import { awsPrefixLists } from "./aws-managed.ts"

/** A list that rules and routes may name: the account's own or one of AWS's. Throws EC2's fault for any other. */
export function checkPrefixList(tx: Tx, id: string): void {
  if (!awsPrefixLists(regionIn(tx)).some((list) => list.id === id)) find(tx, prefixListKind, id)
}
