import { assert } from "../base/assert.ts"

/**
 * What a table is. Records are plain frozen data; to change one, put a changed copy. Tables are declared once, as
 * constants, and every process declares the same ones.
 */
export interface Table<R extends object, E extends string = string, O extends string = string> {
  /** Service and noun, as in `ecs/clusters`. Never reused for something else: the journal holds it. */
  readonly name: string

  /** Rises with every change of the record's shape that older records do not fit; `upgrades` then says how they become new ones. */
  readonly version: number

  readonly key: (record: R) => string

  /** Whose a record is: one account's in one region, an account's in all regions, or the whole installation's. */
  readonly belongsTo: "region" | "account" | "installation"

  /** For each question "which records have …?": the value, or values, under which a record is found. */
  readonly indexes: Readonly<Record<E, (record: R) => IndexValue>>

  /** For each question of order or range: the value by which records are ordered; ties go by key. */
  readonly ordered: Readonly<Record<O, (record: R) => number | string | undefined>>

  /** From each older version to the one after it. */
  readonly upgrades: Readonly<Record<number, (record: never) => object>>

  /** For a table that grows without a caller's doing: when a record has been kept long enough. */
  readonly retention?: Retention<R>
}

export type IndexValue = string | readonly string[] | undefined

export interface Retention<R> {
  /** Wall time from which the record may be forgotten; undefined while it must stay. */
  readonly until: (record: R) => number | undefined
}

// biome-ignore lint/suspicious/noExplicitAny: a list of tables of every kind has no narrower type
export type AnyTable = Table<any, any, any>

interface Definition<R extends object, E extends string, O extends string> {
  readonly name: string
  readonly version: number
  readonly key: (record: R) => string
  readonly belongsTo?: Table<R>["belongsTo"]
  readonly indexes?: Table<R, E>["indexes"]
  readonly ordered?: Table<R, E, O>["ordered"]
  readonly upgrades?: Table<R>["upgrades"]
  readonly retention?: Retention<R>
}

export function table<R extends object, E extends string = never, O extends string = never>(
  definition: Definition<R, E, O>,
): Table<R, E, O> {
  const { belongsTo = "region", indexes = {}, upgrades = {}, retention } = definition
  const ordered = retention === undefined ? definition.ordered : { ...definition.ordered, [RETENTION]: retention.until }
  for (let version = 1; version < definition.version; version++) {
    assert(upgrades[version], `table ${definition.name} has no upgrade from version ${version}`)
  }
  return { ...definition, belongsTo, indexes, ordered: ordered ?? {}, upgrades } as Table<R, E, O>
}

/** The ordered index by which records are forgotten; every table with a retention has it. */
export const RETENTION = "retention"

/** Brings a record of an older version to today's shape. */
export function upgrade(table: AnyTable, version: number, record: object): object {
  let upgraded = record
  for (let from = version; from < table.version; from++) upgraded = table.upgrades[from]!(upgraded as never)
  return upgraded
}
