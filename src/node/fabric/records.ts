import type { FabricKind, FabricPut, fabricRecords } from "../../wire/fabric.ts"
import type { Of } from "../../wire/shape.ts"

/** What should exist, by kind and id. Records never change: another version is another object. */
export type FabricRecords = { readonly [K in FabricKind]: ReadonlyMap<string, RecordOf<K>> }
export type RecordOf<K extends FabricKind> = Of<(typeof fabricRecords)[K]>
export type Removed = Readonly<Record<string, readonly string[]>>

export const KINDS = [
  "vpc",
  "subnet",
  "routeTable",
  "group",
  "acl",
  "interface",
  "machine",
  "natGateway",
  "peering",
  "dnsName",
] as const satisfies readonly FabricKind[]

export type AnyRecord = { readonly id: string }
type Tables = Readonly<Record<FabricKind, Map<string, AnyRecord>>>

function emptyTables(): Tables {
  return Object.fromEntries(KINDS.map((kind) => [kind, new Map()])) as unknown as Tables
}

/** Records of any number of streams, some of which tell of the same things. */
export class MergedRecords {
  readonly #streams = new Map<string, Tables>()
  readonly #merged = emptyTables()

  get all(): FabricRecords {
    return this.#merged as unknown as FabricRecords
  }

  /** What was told last holds. */
  put(stream: string, kind: FabricKind, record: AnyRecord): void {
    this.#tables(stream)[kind].set(record.id, record)
    this.#merged[kind].set(record.id, record)
  }

  /** What another stream still tells of stays, as that one tells it. */
  remove(stream: string, kind: FabricKind, id: string): void {
    if (!this.#streams.get(stream)?.[kind].delete(id)) return
    const others = [...this.#streams.values()].map((tables) => tables[kind].get(id))
    const left = others.find((record) => record !== undefined)
    if (left === undefined) this.#merged[kind].delete(id)
    else this.#merged[kind].set(id, left)
  }

  /** A stream that tells of it. */
  tellerOf(kind: FabricKind, id: string): string | undefined {
    return [...this.#streams].find(([, tables]) => tables[kind].has(id))?.[0]
  }

  /** Of one stream. */
  *entries(stream: string): Iterable<[kind: FabricKind, record: AnyRecord]> {
    const tables = this.#streams.get(stream)
    if (tables === undefined) return
    for (const kind of KINDS) for (const record of tables[kind].values()) yield [kind, record]
  }

  #tables(stream: string): Tables {
    const known = this.#streams.get(stream)
    if (known !== undefined) return known
    const tables = emptyTables()
    this.#streams.set(stream, tables)
    return tables
  }
}

export interface Told {
  readonly kind: FabricKind
  readonly record: AnyRecord
}

export function told(put: FabricPut): Told[] {
  return KINDS.flatMap((kind) => (put[kind] ?? []).map((record) => ({ kind, record })))
}
