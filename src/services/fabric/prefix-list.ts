import { regionOf } from "../../store/changes.ts"
import type { Tx } from "../../store/transaction.ts"
import { awsPrefixLists, prefixLists } from "../ec2/index.ts"

/** The blocks that a list stands for now, an account's own or one of AWS's. */
export function prefixListCidrs(tx: Tx, id: string): readonly string[] {
  const list = tx.get(prefixLists, id)
  if (list === undefined) return awsPrefixLists(regionOf(tx.scope)).find((ofAws) => ofAws.id === id)?.cidrs ?? []
  return list.versions.find(({ version }) => version === list.version)?.entries.map(({ cidr }) => cidr) ?? []
}
