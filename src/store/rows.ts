import { assert } from "../base/assert.ts"
import { compareStrings } from "../base/ordering.ts"
import { ShardedMap } from "../base/sharded-map.ts"
import { SortedList } from "../base/sorted-list.ts"
import type { AnyTable, IndexValue } from "./table.ts"
import type { Derived } from "./view.ts"

/** A record where it lies. The row stays the same while the record in it is replaced. */
export interface Row {
  readonly key: string
  record: object

  /** The version of the transaction that wrote the record. */
  version: number
}

/**
 * One table's records of one scope, with their indexes. `set` and `delete` are the only ways in, and keep every index
 * equal to what it would be if it were built anew.
 */
export class Rows {
  readonly table: AnyTable
  readonly scope: string

  /** The version of the last transaction that changed anything here: what an answer "there is none" depends on. */
  version = 0

  readonly #byKey = new ShardedMap<Row>()
  readonly #equality: readonly EqualityIndex[]
  readonly #ordered: readonly OrderedIndex[]
  readonly #derived: Derived[] = []
  #inOrder: SortedList<Row> | undefined

  constructor(table: AnyTable, scope: string) {
    this.table = table
    this.scope = scope
    this.#equality = Object.entries(table.indexes).map(([name, indexed]) => new EqualityIndex(name, indexed as never))
    this.#ordered = Object.entries(table.ordered).map(([name, indexed]) => new OrderedIndex(name, indexed as never))
  }

  get size(): number {
    return this.#byKey.size
  }

  get(key: string): Row | undefined {
    return this.#byKey.get(key)
  }

  values(): Iterable<Row> {
    return this.#byKey.values()
  }

  /** All rows by key. The order is learnt when it is first asked for, and kept from then on. */
  inOrder(): SortedList<Row> {
    this.#inOrder ??= new SortedList(compareRows, this.#byKey.values())
    return this.#inOrder
  }

  equality(name: string): EqualityIndex {
    return this.#equality.find((index) => index.name === name)!
  }

  ordered(name: string): OrderedIndex {
    return this.#ordered.find((index) => index.name === name)!
  }

  /** Keeps something derived from these rows, and perhaps from others, up to date; it learns first of what is there. */
  derive(derived: Derived): void {
    for (const { record } of this.#byKey.values()) derived.changed(this.table, undefined, record)
    this.#derived.push(derived)
  }

  set(key: string, record: object, version: number): void {
    // Worked out before anything changes: a table's function that throws must leave every index as it was.
    const values = this.#equality.map((index) => index.valuesOf(record))
    const places = this.#ordered.map((index) => index.placeOf(record))
    const row = this.#byKey.get(key)
    if (row === undefined) this.#add({ key, record, version }, values, places)
    else this.#replace(row, record, version, values, places)
  }

  delete(key: string): void {
    const row = this.#byKey.get(key)
    if (row === undefined) return
    this.#byKey.delete(key)
    this.#inOrder?.remove(row)
    for (const index of this.#equality) index.replace(row, index.valuesOf(row.record), NONE)
    for (const index of this.#ordered) index.replace(row, index.placeOf(row.record), undefined)
    for (const derived of this.#derived) derived.changed(this.table, row.record, undefined)
  }

  #add(row: Row, values: readonly Values[], places: readonly Place[]): void {
    this.#byKey.set(row.key, row)
    this.#inOrder?.add(row)
    for (const [at, index] of this.#equality.entries()) index.replace(row, NONE, values[at]!)
    for (const [at, index] of this.#ordered.entries()) index.replace(row, undefined, places[at])
    for (const derived of this.#derived) derived.changed(this.table, undefined, row.record)
  }

  #replace(row: Row, record: object, version: number, values: readonly Values[], places: readonly Place[]): void {
    const before = row.record
    for (const [at, index] of this.#equality.entries()) index.replace(row, index.valuesOf(before), values[at]!)
    for (const [at, index] of this.#ordered.entries()) index.replace(row, index.placeOf(before), places[at])
    row.record = record
    row.version = version
    for (const derived of this.#derived) derived.changed(this.table, before, record)
  }
}

/** The rows that share one value of an index. */
class Bucket {
  readonly #rows = new ShardedMap<Row>()
  #inOrder: SortedList<Row> | undefined

  get size(): number {
    return this.#rows.size
  }

  values(): Iterable<Row> {
    return this.#rows.values()
  }

  inOrder(): SortedList<Row> {
    this.#inOrder ??= new SortedList(compareRows, this.#rows.values())
    return this.#inOrder
  }

  add(row: Row): void {
    if (this.#rows.has(row.key)) return
    this.#rows.set(row.key, row)
    this.#inOrder?.add(row)
  }

  remove(row: Row): void {
    if (this.#rows.delete(row.key)) this.#inOrder?.remove(row)
  }
}

type Values = readonly string[]
const NONE: Values = []

/** Finds rows by value. */
export class EqualityIndex {
  readonly name: string
  readonly #indexed: (record: object) => IndexValue
  readonly #buckets = new Map<string, Bucket>()

  constructor(name: string, indexed: (record: object) => IndexValue) {
    this.name = name
    this.#indexed = indexed
  }

  bucket(value: string): Bucket | undefined {
    return this.#buckets.get(value)
  }

  valuesOf(record: object): Values {
    const value = this.#indexed(record)
    return value === undefined ? NONE : typeof value === "string" ? [value] : value
  }

  /** Moves a row from where it was to where it belongs; under a value that it keeps it keeps its place. */
  replace(row: Row, before: Values, after: Values): void {
    for (const value of before) if (!after.includes(value)) this.#leave(value, row)
    for (const value of after) if (!before.includes(value)) this.#enter(value, row)
  }

  #enter(value: string, row: Row): void {
    let bucket = this.#buckets.get(value)
    if (bucket === undefined) {
      bucket = new Bucket()
      this.#buckets.set(value, bucket)
    }
    bucket.add(row)
  }

  #leave(value: string, row: Row): void {
    const bucket = this.#buckets.get(value)
    if (bucket === undefined) return
    bucket.remove(row)
    if (bucket.size === 0) this.#buckets.delete(value)
  }
}

type OrderedValue = number | string
type Place = OrderedValue | undefined

interface Placed {
  readonly value: OrderedValue
  readonly row: Row
}

/** Keeps rows in the order of a value, ties by key. */
export class OrderedIndex {
  readonly name: string
  readonly #indexed: (record: object) => OrderedValue | undefined
  readonly #placed = new SortedList<Placed>(comparePlaced)

  constructor(name: string, indexed: (record: object) => OrderedValue | undefined) {
    this.name = name
    this.#indexed = indexed
  }

  /** Rows whose value is at least `from` and below `to`, after a position if one is given. */
  *range({ from, to, after, descending = false }: RangeBounds): Generator<Row> {
    const placed = descending ? this.#descending(to, after) : this.#ascending(from, after)
    for (const { value, row } of placed) {
      if (descending ? from !== undefined && value < from : to !== undefined && value >= to) return
      yield row
    }
  }

  #ascending(from: OrderedValue | undefined, after: Position | undefined): Generator<Placed> {
    return this.#placed.from(
      (placed) => (from === undefined || placed.value >= from) && (after === undefined || isPast(placed, after)),
    )
  }

  #descending(to: OrderedValue | undefined, after: Position | undefined): Generator<Placed> {
    return this.#placed.backFrom(
      (placed) => (to === undefined || placed.value < to) && (after === undefined || isBefore(placed, after)),
    )
  }

  placeOf(record: object): Place {
    const value = this.#indexed(record)
    assert(!Number.isNaN(value), `the ordered index ${this.name} has no place for NaN`)
    return value
  }

  replace(row: Row, before: Place, after: Place): void {
    if (before === after) return
    if (before !== undefined) this.#placed.remove({ value: before, row })
    if (after !== undefined) this.#placed.add({ value: after, row })
  }
}

export interface RangeBounds {
  readonly from?: OrderedValue | undefined

  /** Not included. */
  readonly to?: OrderedValue | undefined

  /** Goes on behind this place, which need not exist any more. */
  readonly after?: Position | undefined
  readonly descending?: boolean | undefined
}

export interface Position {
  readonly value: OrderedValue
  readonly key: string
}

function compareRows(a: Row, b: Row): number {
  return compareStrings(a.key, b.key)
}

function comparePlaced(a: Placed, b: Placed): number {
  return compareValues(a.value, b.value) || compareStrings(a.row.key, b.row.key)
}

function compareValues(a: OrderedValue, b: OrderedValue): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function isPast(placed: Placed, position: Position): boolean {
  return (compareValues(placed.value, position.value) || compareStrings(placed.row.key, position.key)) > 0
}

function isBefore(placed: Placed, position: Position): boolean {
  return (compareValues(placed.value, position.value) || compareStrings(placed.row.key, position.key)) < 0
}
