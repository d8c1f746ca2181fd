import type { FabricKind, FabricPut, fabricRecords } from "../../wire/fabric.ts"
import type { Of } from "../../wire/shape.ts"

export type RecordOf<K extends FabricKind> = Of<(typeof fabricRecords)[K]>

/** One record of the stream, with its kind. */
export type FabricRecord = {
  readonly [K in FabricKind]: { readonly kind: K; readonly record: RecordOf<K> }
}[FabricKind]

/** The name of one that is gone. */
export interface FabricName {
  readonly kind: FabricKind
  readonly id: string
}

export function recordOf<K extends FabricKind>(kind: K, record: RecordOf<K>): FabricRecord {
  return { kind, record } as FabricRecord
}

export function keyOf({ kind, id }: FabricName): string {
  return `${kind} ${id}`
}

/** As messages have them: a list for each kind. */
export function putOf(records: Iterable<FabricRecord>): FabricPut {
  const put: Partial<Record<FabricKind, object[]>> = {}
  for (const { kind, record } of records) {
    put[kind] ??= []
    put[kind].push(record)
  }
  return put as FabricPut
}

export function removedOf(names: Iterable<FabricName>): Readonly<Record<string, readonly string[]>> {
  const removed: Partial<Record<FabricKind, string[]>> = {}
  for (const { kind, id } of names) {
    removed[kind] ??= []
    removed[kind].push(id)
  }
  return removed as Record<string, string[]>
}
