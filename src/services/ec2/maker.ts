import { accountOf, regionOf } from "../../store/changes.ts"
import type { Tx } from "../../store/transaction.ts"
import type { Random } from "../../world/world.ts"

/** What it takes to make something: a call has it, and so has another service in a transaction of its own. */
export interface Maker {
  readonly tx: Tx
  readonly now: number
  readonly random: Random
}

export function accountIn({ scope }: Tx): string {
  return accountOf(scope)
}

export function regionIn({ scope }: Tx): string {
  return regionOf(scope)
}
