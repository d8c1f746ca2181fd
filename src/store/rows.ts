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

  /** For each index that finds the row by one value, where in its bucket it is. */
  readonly places: number[]
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

  /** As many as there are indexes: a list that grows as it is written takes three times the room. */
  readonly #noPlaces: readonly number[]
  #inOrder: SortedList<Row> | undefined

  constructor(table: AnyTable, scope: string) {
    this.table = table
    this.scope = scope
    this.#equality = Object.entries(table.indexes).map(
      ([name, indexed], number) => new EqualityIndex(name, number, indexed as never),
    )
    this.#ordered = Object.entries(table.ordered).map(([name, indexed]) => new OrderedIndex(name, indexed as never))
    this.#noPlaces = this.#equality.map(() => NOWHERE)
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

  /** `known` is the row of this key, where that has been looked up already. */
  set(key: string, record: object, version: number, known: Row | undefined = this.#byKey.get(key)): Row {
    // Worked out before anything changes: a table's function that throws must leave every index as it was.
    const values = this.#equality.map((index) => index.indexedValue(record))
    const places = this.#ordered.map((index) => index.placeOf(record))
    if (known !== undefined) {
      this.#replace(known, record, version, values, places)
      return known
    }
    const row: Row = { key, record, version, places: this.#noPlaces.slice() }
    this.#add(row, values, places)
    return row
  }

  delete(key: string): void {
    const row = this.#byKey.get(key)
    if (row === undefined) return
    this.#byKey.delete(key)
    this.#inOrder?.remove(row)
    for (const index of this.#equality) index.replace(row, index.indexedValue(row.record), undefined)
    for (const index of this.#ordered) index.replace(row, index.placeOf(row.record), undefined)
    for (const derived of this.#derived) derived.changed(this.table, row.record, undefined)
  }

  #add(row: Row, values: readonly IndexValue[], places: readonly Place[]): void {
    this.#byKey.set(row.key, row)
    this.#inOrder?.add(row)
    for (let at = 0; at < values.length; at++) this.#equality[at]!.replace(row, undefined, values[at])
    for (let at = 0; at < places.length; at++) this.#ordered[at]!.replace(row, undefined, places[at])
    for (const derived of this.#derived) derived.changed(this.table, undefined, row.record)
  }

  #replace(row: Row, record: object, version: number, values: readonly IndexValue[], places: readonly Place[]): void {
    const before = row.record
    for (let at = 0; at < values.length; at++) {
      const index = this.#equality[at]!
      index.replace(row, index.indexedValue(before), values[at])
    }
    for (let at = 0; at < places.length; at++) {
      const index = this.#ordered[at]!
      index.replace(row, index.placeOf(before), places[at])
    }
    row.record = record
    row.version = version
    for (const derived of this.#derived) derived.changed(this.table, before, record)
  }
}

const NOWHERE = -1

/**
 * The rows that share one value of an index: a plain list, as it grows and shrinks at its end for next to nothing and
 * holds a million rows in eight megabytes. Each row knows its place in it.
 */
class Bucket {
  readonly #rows: Row[] = []
  readonly #index: number

  /** The places of rows that have several values, and so several buckets. */
  #placesOfMany: Map<Row, number> | undefined
  #inOrder: SortedList<Row> | undefined

  constructor(index: number) {
    this.#index = index
  }

  get size(): number {
    return this.#rows.length
  }

  values(): Iterable<Row> {
    return this.#rows
  }

  inOrder(): SortedList<Row> {
    this.#inOrder ??= new SortedList(compareRows, this.#rows)
    return this.#inOrder
  }

  add(row: Row): void {
    row.places[this.#index] = this.#rows.length
    this.#rows.push(row)
    this.#inOrder?.add(row)
  }

  addOneOfMany(row: Row): void {
    this.#placesOfMany ??= new Map()
    if (this.#placesOfMany.has(row)) return
    this.#placesOfMany.set(row, this.#rows.length)
    this.#rows.push(row)
    this.#inOrder?.add(row)
  }

  remove(row: Row): void {
    const place = this.#placesOfMany?.get(row) ?? row.places[this.#index]!
    this.#placesOfMany?.delete(row)
    const last = this.#rows.pop()!
    if (last !== row) {
      this.#rows[place] = last
      if (this.#placesOfMany?.has(last)) this.#placesOfMany.set(last, place)
      else last.places[this.#index] = place
    }
    this.#inOrder?.remove(row)
  }
}

/** Finds rows by value. */
export class EqualityIndex {
  readonly name: string
  readonly #number: number
  readonly #indexed: (record: object) => IndexValue
  readonly #buckets = new Map<string, Bucket>()

  constructor(name: string, number: number, indexed: (record: object) => IndexValue) {
    this.name = name
    this.#number = number
    this.#indexed = indexed
  }

  bucket(value: string): Bucket | undefined {
    return this.#buckets.get(value)
  }

  indexedValue(record: object): IndexValue {
    return this.#indexed(record)
  }

  /** Moves a row from where it was to where it belongs; under values that stay the same it keeps its place. */
  replace(row: Row, before: IndexValue, after: IndexValue): void {
    if (before === after || (typeof before === "object" && typeof after === "object" && isSame(before, after))) return
    if (typeof before === "string") this.#leave(before, row)
    else if (before !== undefined) for (const value of new Set(before)) this.#leave(value, row)
    if (typeof after === "string") this.#bucketFor(after).add(row)
    else if (after !== undefined) for (const value of after) this.#bucketFor(value).addOneOfMany(row)
  }

  #bucketFor(value: string): Bucket {
    let bucket = this.#buckets.get(value)
    if (bucket === undefined) {
      bucket = new Bucket(this.#number)
      this.#buckets.set(value, bucket)
    }
    return bucket
  }

  #leave(value: string, row: Row): void {
    const bucket = this.#buckets.get(value)
    if (bucket === undefined) return
    bucket.remove(row)
    if (bucket.size === 0) this.#buckets.delete(value)
  }
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, at) => value === b[at])
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
