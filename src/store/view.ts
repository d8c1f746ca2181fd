import type { AnyTable } from "./table.ts"

/**
 * Something derived from the records of one scope that is too dear to work out each time, such as what is left of each
 * machine. It is told of every change row by row, at once and also when a transaction is undone, so it always agrees
 * with the tables as they are; nothing of it is ever written to the journal.
 */
export interface View<V extends Derived> {
  readonly name: string

  /** Tables whose records belong to a region, like the view itself. */
  readonly tables: readonly AnyTable[]
  readonly create: () => V
}

export interface Derived {
  /** Undoing a change is the same call with `before` and `after` the other way round, so what it does must be reversible. */
  changed(table: AnyTable, before: object | undefined, after: object | undefined): void
}

export function view<V extends Derived>(definition: View<V>): View<V> {
  return definition
}
