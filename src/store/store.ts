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
  readonly world: Pick<World, "after" | "log">
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
export class Store implements RowSource {
  /** Settles when the lead is lost or an append failed: nothing is answered any more, and the process must end. */
  readonly lost: Promise<JournalFailure>
  readonly tables: readonly AnyTable[]
  readonly #world: Pick<World, "after" | "log">
  readonly #freeze: boolean
  readonly #byName = new Map<string, TableRows>()
  readonly #byTable = new Map<AnyTable, TableRows>()
  readonly #observers: ((set: ChangeSet) => void)[] = []
  readonly #watchers = new Set<Follower>()
  readonly #batches: Batch[] = []
  readonly #views = new Map<Scope, Map<View<Derived>, Derived>>()
  readonly #tellLost: (failure: JournalFailure) => void
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
    const { promise, resolve } = Promise.withResolvers<JournalFailure>()
    this.lost = promise
    this.#tellLost = resolve
    for (const table of tables) {
      assert(!this.#byName.has(table.name), `two tables are called ${table.name}`)
      const rows: TableRows = { table, scopes: new Map(), none: new Rows(table, "") }
      this.#byName.set(table.name, rows)
      this.#byTable.set(table, rows)
    }
  }

  /** The version of the last transaction that changed something. */
  get version(): number {
    return this.#version
  }

  /** Changes that wait to become durable. */
  get backlog(): number {
    return this.#backlog
  }

  /** Whether so much waits for the journal that nobody should add to it: callers are refused then, controllers pause. */
  get isBehind(): boolean {
    return this.#backlog >= BACKLOG_MAX
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
      const rows = this.rowsToWrite(table, scope)
      rows.version = version
      if (record === undefined) {
        rows.delete(key)
        continue
      }
      const upgraded = upgrade(table, tableVersion, record)
      assert(
        tableVersion === table.version || table.key(upgraded as never) === key,
        `an upgrade of ${name} changed the key of ${key}`,
      )
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
    const transaction = new Transaction(this, this.#freeze)
    this.#transaction = transaction
    let value: T
    try {
      value = work(transaction.in(scope))
      if (value instanceof Promise) {
        value.catch(() => {})
        assert(false, "the work of a transaction must not be asynchronous")
      }
    } catch (error) {
      transaction.undo()
      return { ok: false, error, version: transaction.readVersion }
    } finally {
      this.#transaction = undefined
    }
    const version = this.#commit(transaction)
    return { ok: true, value, version: Math.max(version, transaction.readVersion) }
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

  rows(table: AnyTable, scope: Scope): Rows {
    const known = this.#known(table)
    return known.scopes.get(scope) ?? known.none
  }

  rowsToWrite(table: AnyTable, scope: Scope): Rows {
    const { scopes } = this.#known(table)
    let rows = scopes.get(scope)
    if (rows === undefined) {
      assert(scopeOfTable(table, scope) === scope, `table ${table.name} has no records of ${scope}`)
      rows = new Rows(table, scope)
      scopes.set(scope, rows)
    }
    return rows
  }

  everyRows(table: AnyTable): Iterable<Rows> {
    return this.#known(table).scopes.values()
  }

  view<V extends Derived>(view: View<V>, scope: Scope): V {
    let views = this.#views.get(scope)
    if (views === undefined) {
      views = new Map()
      this.#views.set(scope, views)
    }
    const known = views.get(view)
    if (known !== undefined) return known as V
    const made = view.create()
    for (const table of view.tables) this.rowsToWrite(table, scope).derive(made)
    views.set(view, made)
    return made
  }

  #known(table: AnyTable): TableRows {
    const known = this.#byTable.get(table)
    assert(known !== undefined, `table ${table.name} is not one of this store's`)
    return known
  }

  /** Gives the changes their version and puts them in line for the journal; 0 when there are none. */
  #commit(transaction: Transaction): number {
    const changes = transaction.end(this.#version + 1)
    if (changes.length === 0) return 0
    this.#version += 1
    const set: ChangeSet = { version: this.#version, changes }
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
        if (set.changes.some(({ table }) => follower.tables.has(table))) this.#tell(() => follower.changed(set))
      }
    }
  }

  #begin(follower: Follower): void {
    follower.begun = true
    this.#tell(follower.begin)
  }

  /** A watcher's mistake is its own: the others still hear what is durable. */
  #tell(hear: () => void): void {
    try {
      hear()
    } catch (error) {
      this.#world.log.error("a watcher of the store failed", { error: error instanceof Error ? error.stack : error })
    }
  }

  #fail(cause: unknown): void {
    if (this.#failure !== undefined) return
    const failure = cause instanceof JournalFailure ? cause : new JournalFailure("io", messageOf(cause), { cause })
    this.#failure = failure
    this.#tellLost(failure)
    for (const batch of this.#batches) batch.reject(failure)
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

const DONE = Promise.resolve()

/** So that writing one append down stays a matter of milliseconds. */
const BATCH_CHANGES_MAX = 2_000

const BACKLOG_MAX = 100_000

interface TableRows {
  readonly table: AnyTable
  readonly scopes: Map<Scope, Rows>

  /** What a scope reads that has no records of the table: asking must not make anything. */
  readonly none: Rows
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
