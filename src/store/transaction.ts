import { assert } from "../base/assert.ts"
import { INSTALLATION, type RecordChange, type Scope, scopeOfTable } from "./changes.ts"
import { freezeDeep } from "./freeze.ts"
import type { RangeBounds, Row, Rows } from "./rows.ts"
import type { AnyTable, Table } from "./table.ts"
import type { Derived, View } from "./view.ts"

/** What an operation or a controller reads and writes: the records of one account in one region. */
export interface Tx {
  readonly scope: Scope

  get<R extends object>(table: Table<R>, key: string): R | undefined

  /** A record that the code relies on: its absence is our mistake. */
  mustGet<R extends object>(table: Table<R>, key: string): R

  put<R extends object>(table: Table<R>, record: R): void
  delete<R extends object>(table: Table<R>, key: string): void

  /** All records found under a value of an index, in no particular order; changing them meanwhile is safe. */
  where<R extends object, E extends string>(table: Table<R, E>, index: NoInfer<E>, value: string): readonly R[]
  some<R extends object, E extends string>(table: Table<R, E>, index: NoInfer<E>, value: string): boolean
  count<R extends object, E extends string>(table: Table<R, E>, index?: NoInfer<E>, value?: string): number
  all<R extends object>(table: Table<R>): readonly R[]

  /**
   * Records in the order of their keys, from behind `after`: the way to page, as the position stays good
   * whatever is added or removed meanwhile.
   */
  list<R extends object, E extends string>(table: Table<R, E>, options?: ListOptions<NoInfer<E>>): readonly R[]

  /** Records in the order of an ordered index. */
  range<R extends object, O extends string>(
    table: Table<R, string, O>,
    index: NoInfer<O>,
    bounds?: RangeBounds & { readonly limit?: number },
  ): readonly R[]

  /** What is derived from this scope's records, in step with them. */
  view<V extends Derived>(view: View<V>): V

  /** The explicit way to other accounts' and regions' records, and to the installation's own. */
  readonly anywhere: Anywhere
}

export interface ListOptions<E extends string> {
  readonly where?: readonly [index: E, value: string]
  readonly after?: string | undefined
  readonly limit?: number
  readonly descending?: boolean
}

export interface Anywhere {
  in(scope: Scope): Tx

  /** The installation's own records, as accounts are. */
  readonly installation: Tx

  /** The scopes that hold records of a table. */
  scopes(table: AnyTable): readonly Scope[]
}

/** Where a transaction finds rows; the store's side of it. */
export interface RowSource {
  /** The rows to read; shared and empty where a scope has none. */
  rows(table: AnyTable, scope: Scope): Rows
  rowsToWrite(table: AnyTable, scope: Scope): Rows
  everyRows(table: AnyTable): Iterable<Rows>
  view<V extends Derived>(view: View<V>, scope: Scope): V
}

/**
 * One transaction: changes are made in place at once, and what was there before is kept until the end, to be put back
 * if the work throws. One thread, and no awaiting inside, so nobody sees the state in between.
 */
export class Transaction implements Anywhere {
  readonly #source: RowSource
  readonly #freeze: boolean
  readonly #views = new Map<Scope, Tx>()
  readonly #before = new Map<Rows, Map<string, Written>>()
  #ended = false

  /** The newest version that anything read here was written at: an answer must not leave before that is durable. */
  readVersion = 0

  constructor(source: RowSource, freeze: boolean) {
    this.#source = source
    this.#freeze = freeze
  }

  in(scope: Scope): Tx {
    let view = this.#views.get(scope)
    if (view === undefined) {
      view = new ScopedTx(this, scope)
      this.#views.set(scope, view)
    }
    return view
  }

  get installation(): Tx {
    return this.in(INSTALLATION)
  }

  scopes(table: AnyTable): readonly Scope[] {
    const scopes: Scope[] = []
    for (const rows of this.#source.everyRows(table)) {
      this.sawAll(rows)
      if (rows.size > 0) scopes.push(rows.scope)
    }
    return scopes
  }

  view<V extends Derived>(view: View<V>, scope: Scope): V {
    for (const table of view.tables) this.sawAll(this.rows(table, scope))
    return this.#source.view(view, scope)
  }

  rows(table: AnyTable, scope: Scope): Rows {
    assert(!this.#ended, "a transaction was used after its end")
    return this.#source.rows(table, scopeOfTable(table, scope))
  }

  /** Notes that an answer will depend on this row, or on there being no such row. */
  saw(rows: Rows, row: Row | undefined): void {
    const version = row === undefined ? rows.version : row.version
    if (version > this.readVersion) this.readVersion = version
  }

  sawAll(rows: Rows): void {
    if (rows.version > this.readVersion) this.readVersion = rows.version
  }

  write(table: AnyTable, scope: Scope, key: string, record: object | undefined): void {
    assert(!this.#ended, "a transaction was used after its end")
    const rows = this.#source.rowsToWrite(table, scopeOfTable(table, scope))
    let before = this.#before.get(rows)
    if (before === undefined) {
      before = new Map()
      this.#before.set(rows, before)
    }
    const row = rows.get(key)
    // Whoever puts or deletes learns whether there was one.
    this.saw(rows, row)
    let written = before.get(key)
    if (written === undefined) {
      written = { before: row?.record, row }
      before.set(key, written)
    }
    if (record === undefined) {
      rows.delete(key)
      written.row = undefined
      return
    }
    written.row = rows.set(key, this.#freeze ? freezeDeep(record) : record, row?.version ?? rows.version, row)
  }

  /**
   * What the transaction changed, record by record, marked with the version it has got; a record put back as it was
   * does not count.
   */
  end(version: number): RecordChange[] {
    this.#ended = true
    const changes: RecordChange[] = []
    for (const [rows, befores] of this.#before) {
      for (const [key, { before, row }] of befores) {
        if (before === row?.record) continue
        changes.push({ table: rows.table, scope: rows.scope, key, before, after: row?.record })
        rows.version = version
        if (row !== undefined) row.version = version
      }
    }
    return changes
  }

  undo(): void {
    this.#ended = true
    for (const [rows, befores] of this.#before) {
      for (const [key, { before }] of befores) {
        if (before === undefined) rows.delete(key)
        else rows.set(key, before, rows.get(key)?.version ?? rows.version)
      }
    }
  }
}

/** A row that a transaction has written: what was in it before, and the row itself unless it is gone. */
interface Written {
  readonly before: object | undefined
  row: Row | undefined
}

class ScopedTx implements Tx {
  readonly scope: Scope
  readonly #transaction: Transaction

  constructor(transaction: Transaction, scope: Scope) {
    this.#transaction = transaction
    this.scope = scope
  }

  get anywhere(): Anywhere {
    return this.#transaction
  }

  get<R extends object>(table: Table<R>, key: string): R | undefined {
    const rows = this.#transaction.rows(table, this.scope)
    const row = rows.get(key)
    this.#transaction.saw(rows, row)
    return row?.record as R | undefined
  }

  mustGet<R extends object>(table: Table<R>, key: string): R {
    const record = this.get(table, key)
    assert(record !== undefined, `${table.name} has no ${key} in ${this.scope}`)
    return record
  }

  put<R extends object>(table: Table<R>, record: R): void {
    this.#transaction.write(table, this.scope, table.key(record), record)
  }

  delete<R extends object>(table: Table<R>, key: string): void {
    this.#transaction.write(table, this.scope, key, undefined)
  }

  where<R extends object, E extends string>(table: Table<R, E>, index: NoInfer<E>, value: string): readonly R[] {
    const rows = this.#seen(table)
    const bucket = rows.equality(index).bucket(value)
    return bucket === undefined ? [] : recordsOf(bucket.values())
  }

  some<R extends object, E extends string>(table: Table<R, E>, index: NoInfer<E>, value: string): boolean {
    return this.#seen(table).equality(index).bucket(value) !== undefined
  }

  count<R extends object, E extends string>(table: Table<R, E>, index?: NoInfer<E>, value = ""): number {
    const rows = this.#seen(table)
    return index === undefined ? rows.size : (rows.equality(index).bucket(value)?.size ?? 0)
  }

  all<R extends object>(table: Table<R>): readonly R[] {
    return recordsOf(this.#seen(table).values())
  }

  list<R extends object, E extends string>(table: Table<R, E>, options: ListOptions<E> = {}): readonly R[] {
    const { where, after, limit = Number.POSITIVE_INFINITY, descending = false } = options
    const rows = this.#seen(table)
    const inOrder = where === undefined ? rows.inOrder() : rows.equality(where[0]).bucket(where[1])?.inOrder()
    if (inOrder === undefined) return []
    const found = descending
      ? inOrder.backFrom((row) => after === undefined || row.key < after)
      : inOrder.from((row) => after === undefined || row.key > after)
    return recordsOf(found, limit)
  }

  range<R extends object, O extends string>(
    table: Table<R, string, O>,
    index: NoInfer<O>,
    { limit = Number.POSITIVE_INFINITY, ...bounds }: RangeBounds & { readonly limit?: number } = {},
  ): readonly R[] {
    return recordsOf(this.#seen(table).ordered(index).range(bounds), limit)
  }

  view<V extends Derived>(view: View<V>): V {
    return this.#transaction.view(view, this.scope)
  }

  /** The rows of a table of which the answer will depend on more than one. */
  #seen(table: AnyTable): Rows {
    const rows = this.#transaction.rows(table, this.scope)
    this.#transaction.sawAll(rows)
    return rows
  }
}

function recordsOf<R>(rows: Iterable<Row>, limit = Number.POSITIVE_INFINITY): R[] {
  const records: R[] = []
  if (limit <= 0) return records
  for (const row of rows) {
    records.push(row.record as R)
    if (records.length >= limit) break
  }
  return records
}
