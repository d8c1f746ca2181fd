import { assert } from "../base/assert.ts"
import type { World } from "../world/world.ts"
import { type ChangeSet, type Scope, scopeOfTable } from "./changes.ts"
import { freezeDeep } from "./freeze.ts"
import { type Entry, JournalFailure, type Leadership, type StoredChange } from "./journal/journal.ts"
import { Rows } from "./rows.ts"
import { type AnyTable, upgrade } from "./table.ts"
import { type RowSource, Transaction, type Tx } from "./transaction.ts"
import type { Derived, View } from "./view.ts"

export interface StoreOptions {
  readonly world: Pick<World, "after">
  readonly tables: readonly AnyTable[]

  /** Freezes every record that is put: tests do, so that a record changed in place is found out. */
  readonly freeze?: boolean
}

/** How a transaction went, and the version that must be durable before anyone may be told. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T; readonly version: number }
  | { readonly ok: false; readonly error: unknown; readonly version: number }

/** Reads a starting point and then hears of every later change: nothing lost between, nothing told before it is durable. */
export interface Watch<T> {
  readonly tables: readonly AnyTable[]

  /** Reads the starting point, at once. */
  readonly snapshot: (tx: Tx) => T

  /** Gets the starting point, once all of it is durable. */
  readonly begin: (snapshot: T) => void

  /** Gets each later change set that touches one of the tables, in order, each once it is durable. */
  readonly changed: (set: ChangeSet) => void
}

/**
 * All of Homeport's state: tables in memory, changed by synchronous transactions, made durable by a journal.
 * It begins as a follower that only `load`s what the journal hands over; `lead` makes it writable.
 */
export class Store {
  readonly tables: readonly AnyTable[]
  readonly #world: Pick<World, "after">
  readonly #freeze: boolean
  readonly #byName = new Map<string, TableRows>()
  readonly #byTable = new Map<AnyTable, TableRows>()
  readonly #observers: ((set: ChangeSet) => void)[] = []
  readonly #watchers = new Set<Follower>()
  readonly #batches: Batch[] = []
  readonly #views = new Map<Scope, Map<View<Derived>, Derived>>()
  readonly #source: RowSource
  #leadership: Leadership | undefined
  #failure: JournalFailure | undefined
  #transaction: Transaction | undefined
  #version = 0
  #durable = 0
  #backlog = 0
  #flushing = false

  constructor({ world, tables, freeze = false }: StoreOptions) {
    this.#world = world
    this.#freeze = freeze
    this.tables = tables
    this.#source = {
      rows: (table, scope) => this.#rows(table, scope),
      scopes: (table) => this.#scopes(table),
      view: (view, scope) => this.#view(view, scope),
    }
    for (const table of tables) {
      assert(!this.#byName.has(table.name), `two tables are called ${table.name}`)
      const rows: TableRows = { table, scopes: new Map() }
      this.#byName.set(table.name, rows)
      this.#byTable.set(table, rows)
    }
  }

  /** The version of the last transaction that changed something. */
  get version(): number {
    return this.#version
  }

  /** Changes that wait to become durable: a queue like any other, with a bound kept by those who fill it. */
  get backlog(): number {
    return this.#backlog
  }

  /** Takes in what the journal hands over, while another process leads or before this one does. */
  load(changes: readonly StoredChange[], version: number): void {
    assert(this.#leadership === undefined, "a store that leads was handed changes of another's")
    for (const { table: name, tableVersion, scope, key, record } of changes) {
      const table = this.#byName.get(name)?.table
      if (table === undefined) {
        throw new JournalFailure(
          "newer-format",
          `The journal holds ${name}, which this Homeport does not know. Start the version that wrote it, or a newer one.`,
        )
      }
      if (tableVersion > table.version) {
        throw new JournalFailure(
          "newer-format",
          `The journal holds ${name} in version ${tableVersion}; this Homeport knows version ${table.version}. Start the version that wrote it, or a newer one.`,
        )
      }
      const rows = this.#rows(table, scope)
      rows.version = version
      if (record === undefined) {
        rows.delete(key)
        continue
      }
      const upgraded = upgrade(table, tableVersion, record)
      rows.set(key, this.#freeze ? freezeDeep(upgraded) : upgraded, version)
    }
    this.#version = version
    this.#durable = version
  }

  /** From now on this store is the one that changes, and what it changes goes to the journal. */
  lead(leadership: Leadership): void {
    assert(leadership.version === this.#version, "the journal leads from a version that was not loaded")
    this.#leadership = leadership
    void leadership.lost.then((failure) => this.#fail(failure))
  }

  get leads(): boolean {
    return this.#leadership !== undefined && this.#failure === undefined
  }

  /** Whether an answer may leave now: nobody else can have taken over, and the journal has not failed. */
  mayAnswer(): boolean {
    return this.#failure === undefined && this.#leadership !== undefined && this.#leadership.mayAnswer()
  }

  /** Runs `work` in a transaction of its own. If it throws, nothing of it remains. */
  attempt<T>(scope: Scope, work: (tx: Tx) => T): Outcome<T> {
    assert(this.leads, "a transaction was tried in a store that does not lead")
    assert(this.#transaction === undefined, "a transaction was begun inside another; hand the tx on instead")
    const transaction = new Transaction(this.#source, this.#freeze)
    this.#transaction = transaction
    try {
      const value = work(transaction.in(scope))
      assert(!(value instanceof Promise), "the work of a transaction must not be asynchronous")
      const version = this.#commit(transaction)
      return { ok: true, value, version: Math.max(version, transaction.readVersion) }
    } catch (error) {
      transaction.undo()
      return { ok: false, error, version: transaction.readVersion }
    } finally {
      this.#transaction = undefined
    }
  }

  /** Like `attempt`, for callers who answer nobody: throws what `work` throws. */
  transact<T>(scope: Scope, work: (tx: Tx) => T): T {
    const outcome = this.attempt(scope, work)
    if (!outcome.ok) throw outcome.error
    return outcome.value
  }

  /** Resolves once everything up to `version` is durable; rejects when that will not be known. */
  whenDurable(version: number): Promise<void> {
    if (version <= this.#durable) return DONE
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    const batch = this.#batches.find((candidate) => candidate.version >= version)
    assert(batch !== undefined, "waiting for a version that nobody has made")
    return batch.durable
  }

  isDurable(version: number): boolean {
    return version <= this.#durable
  }

  /** Tells `observer` of each change set as soon as it is in memory. For controllers, whose effects are changes again. */
  observe(observer: (set: ChangeSet) => void): void {
    this.#observers.push(observer)
  }

  /** For what has effects outside. Returns a function that ends the watch. */
  watch<T>(scope: Scope, { tables, snapshot, begin, changed }: Watch<T>): () => void {
    const start = this.transact(scope, snapshot)
    const follower: Follower = {
      after: this.#version,
      tables: new Set(tables),
      begin: () => begin(start),
      changed,
      begun: false,
    }
    this.#watchers.add(follower)
    if (this.isDurable(follower.after)) this.#begin(follower)
    return () => this.#watchers.delete(follower)
  }

  /** Every row of a table, for those who must look at all of it in pieces. */
  *everyRecord(table: AnyTable): Generator<readonly [Scope, object]> {
    for (const [scope, rows] of this.#byTable.get(table)!.scopes) {
      for (const row of rows.values()) yield [scope, row.record]
    }
  }

  /** How many records a table holds, in all scopes. */
  size(table: AnyTable): number {
    let size = 0
    for (const rows of this.#byTable.get(table)!.scopes.values()) size += rows.size
    return size
  }

  #rows(table: AnyTable, scope: Scope): Rows {
    const known = this.#byTable.get(table)
    assert(known !== undefined, `table ${table.name} is not one of this store's`)
    let rows = known.scopes.get(scope)
    if (rows === undefined) {
      assert(scopeOfTable(table, scope) === scope, `table ${table.name} has no records of ${scope}`)
      rows = new Rows(table, scope)
      known.scopes.set(scope, rows)
    }
    return rows
  }

  #view<V extends Derived>(view: View<V>, scope: Scope): V {
    let views = this.#views.get(scope)
    if (views === undefined) {
      views = new Map()
      this.#views.set(scope, views)
    }
    const known = views.get(view)
    if (known !== undefined) return known as V
    const made = view.create()
    for (const table of view.tables) this.#rows(table, scope).derive(made)
    views.set(view, made)
    return made
  }

  #scopes(table: AnyTable): Scope[] {
    const scopes: Scope[] = []
    for (const [scope, rows] of this.#byTable.get(table)!.scopes) if (rows.size > 0) scopes.push(scope)
    return scopes
  }

  /** Gives the changes their version and puts them in line for the journal; 0 when there are none. */
  #commit(transaction: Transaction): number {
    const changes = transaction.end()
    if (changes.length === 0) return 0
    this.#version += 1
    const set: ChangeSet = { version: this.#version, changes }
    for (const { table, scope, key } of changes) {
      const rows = this.#rows(table, scope)
      rows.version = set.version
      const row = rows.get(key)
      if (row !== undefined) row.version = set.version
    }
    let batch = this.#batches.at(-1)
    if (batch === undefined || batch.sent || batch.size >= BATCH_CHANGES_MAX) {
      batch = new Batch()
      this.#batches.push(batch)
    }
    batch.add(set)
    this.#backlog += changes.length
    // What else happens in this turn goes into the same append.
    if (!this.#flushing) {
      this.#flushing = true
      this.#world.after(0, () => this.#flush())
    }
    for (const observer of this.#observers) observer(set)
    return set.version
  }

  #flush(): void {
    const batch = this.#batches[0]
    if (batch === undefined || this.#failure !== undefined) {
      this.#flushing = false
      return
    }
    batch.sent = true
    this.#leadership!.append(batch.sets.map(toEntry)).then(
      () => this.#appended(batch),
      (failure) => this.#fail(failure),
    )
  }

  #appended(batch: Batch): void {
    this.#batches.shift()
    this.#backlog -= batch.size
    this.#durable = batch.version
    batch.resolve()
    this.#flush()
    for (const follower of this.#watchers) {
      if (!follower.begun && this.isDurable(follower.after)) this.#begin(follower)
    }
    for (const set of batch.sets) {
      for (const follower of this.#watchers) {
        if (set.version <= follower.after) continue
        if (set.changes.some(({ table }) => follower.tables.has(table))) follower.changed(set)
      }
    }
  }

  #begin(follower: Follower): void {
    follower.begun = true
    follower.begin()
  }

  #fail(failure: JournalFailure): void {
    if (this.#failure !== undefined) return
    this.#failure = failure
    for (const batch of this.#batches) batch.reject(failure)
  }
}

const DONE = Promise.resolve()

/** So that one append stays a matter of milliseconds. */
const BATCH_CHANGES_MAX = 10_000

interface TableRows {
  readonly table: AnyTable
  readonly scopes: Map<Scope, Rows>
}

interface Follower {
  readonly after: number
  readonly tables: ReadonlySet<AnyTable>
  readonly begin: () => void
  readonly changed: (set: ChangeSet) => void
  begun: boolean
}

/** Transactions that become durable together. */
class Batch {
  readonly sets: ChangeSet[] = []
  readonly durable: Promise<void>
  sent = false
  size = 0
  resolve!: () => void
  reject!: (failure: JournalFailure) => void

  constructor() {
    this.durable = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    // Nobody may be waiting for this batch when the journal fails; who waits still hears of it.
    this.durable.catch(() => {})
  }

  get version(): number {
    return this.sets.at(-1)!.version
  }

  add(set: ChangeSet): void {
    this.sets.push(set)
    this.size += set.changes.length
  }
}

function toEntry({ version, changes }: ChangeSet): Entry {
  return {
    version,
    changes: changes.map(({ table, scope, key, after }) => ({
      table: table.name,
      tableVersion: table.version,
      scope,
      key,
      record: after,
    })),
  }
}
