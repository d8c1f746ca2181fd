import { accountOf, regionOf, regionScope, type Scope } from "../../store/changes.ts"
import type { Tx } from "../../store/transaction.ts"

/** Owns the instances that are FARGATE here. No caller can have this account: accounts that are made begin with another digit. */
export const POOL_ACCOUNT = "000000000000"

/** The cluster of that account in which the instances of the pool register. */
export const POOL_CLUSTER = "fargate"

/** Where the pool's instances lie, for tasks of the same region. */
export function poolScope(scope: Scope): Scope {
  return regionScope(POOL_ACCOUNT, regionOf(scope))
}

export function poolOf(tx: Tx): Tx {
  return tx.anywhere.in(poolScope(tx.scope))
}

export function isPool(tx: Tx): boolean {
  return accountOf(tx.scope) === POOL_ACCOUNT
}
