import type { AnyTable } from "./table.ts"

/** What one transaction did: a value that the journal writes, watchers read and tests compare. */
export interface ChangeSet {
  /** Rises by one with each transaction that changed something. */
  readonly version: number
  readonly changes: readonly RecordChange[]
}

export interface RecordChange {
  readonly table: AnyTable
  readonly scope: Scope
  readonly key: string

  /** Undefined when the record is new. */
  readonly before: object | undefined

  /** Undefined when the record is gone. */
  readonly after: object | undefined
}

/**
 * Whose records: `account/region`, `account/*` for what an account has in all regions, `*` for the installation's own.
 * Written as one string, as it is looked up at every access.
 */
export type Scope = string

export const INSTALLATION: Scope = "*"

export function regionScope(account: string, region: string): Scope {
  return `${account}/${region}`
}

/** The account that a scope belongs to; the installation itself counts as one. */
export function accountOf(scope: Scope): string {
  const slash = scope.indexOf("/")
  return slash === -1 ? scope : scope.slice(0, slash)
}

export function regionOf(scope: Scope): string {
  return scope.slice(scope.indexOf("/") + 1)
}

/** Where a table's records lie for someone who acts in `scope`. */
export function scopeOfTable(table: AnyTable, scope: Scope): Scope {
  if (table.belongsTo === "region") return scope
  return table.belongsTo === "account" ? `${accountOf(scope)}/*` : INSTALLATION
}
