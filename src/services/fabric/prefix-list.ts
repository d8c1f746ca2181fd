import type { Tx } from "../../store/transaction.ts"
import { prefixLists } from "../ec2/index.ts"

/** The blocks that a list stands for now. */
export function prefixListCidrs(tx: Tx, id: string): readonly string[] {
  const list = tx.get(prefixLists, id)
  return list?.versions.find(({ version }) => version === list.version)?.entries.map(({ cidr }) => cidr) ?? []
}
