import { isDeepStrictEqual } from "node:util"
import { type FabricName, type FabricRecord, keyOf } from "./record.ts"

/** What became of some records since a version. */
export interface Difference {
  readonly put: readonly FabricRecord[]
  readonly removed: readonly FabricName[]
}

/** Some records that change together, and which of them have changed since each version, as far as is remembered. */
export class RecordLog {
  readonly #entries = new Map<string, Entry>()

  /** The changed ones in the order of their versions; only the last of an entry's changes counts. */
  #changes: { readonly at: number; readonly key: string }[] = []

  /** What became of versions before this one is forgotten. */
  #floor = 0

  /** Takes what the records are now, as of a version above all earlier ones; says whether anything is different. */
  replace(records: Iterable<FabricRecord>, version: number): boolean {
    const before = this.#changes.length
    const present = new Set<string>()
    for (const record of records) {
      const name: FabricName = { kind: record.kind, id: record.record.id }
      const key = keyOf(name)
      present.add(key)
      const known = this.#entries.get(key)?.record?.record
      if (known === record.record || (known !== undefined && isDeepStrictEqual(known, record.record))) continue
      this.#change(key, { name, record, at: version })
    }
    for (const [key, { name, record }] of this.#entries) {
      if (record !== undefined && !present.has(key)) this.#change(key, { name, record: undefined, at: version })
    }
    const hasChanged = this.#changes.length > before
    this.#forget()
    return hasChanged
  }

  *all(): Generator<FabricRecord> {
    for (const { record } of this.#entries.values()) if (record !== undefined) yield record
  }

  /** What is different from how it was at a version; undefined when that is not known any more. */
  since(version: number): Difference | undefined {
    if (version < this.#floor) return undefined
    const put: FabricRecord[] = []
    const removed: FabricName[] = []
    for (let place = this.#changes.length - 1; place >= 0; place--) {
      const { at, key } = this.#changes[place]!
      if (at <= version) break
      const entry = this.#entries.get(key)!
      if (entry.at !== at) continue
      if (entry.record === undefined) removed.push(entry.name)
      else put.push(entry.record)
    }
    return { put, removed }
  }

  /** The names of all that may have been there at a version; undefined when that is not known any more. */
  namesAt(version: number): readonly FabricName[] | undefined {
    if (version < this.#floor) return undefined
    return [...this.#entries.values()].map(({ name }) => name)
  }

  #change(key: string, entry: Entry): void {
    this.#entries.set(key, entry)
    this.#changes.push({ at: entry.at, key })
  }

  /** Keeps about as many changes as there are records: who is further behind is better off with all of them. */
  #forget(): void {
    if (this.#changes.length <= Math.max(CHANGES_MIN, 3 * this.#entries.size)) return
    const dropped = this.#changes.splice(0, this.#changes.length >> 1)
    this.#floor = dropped.at(-1)!.at
    // A version is remembered whole or not at all.
    while (this.#changes[0]?.at === this.#floor) dropped.push(this.#changes.shift()!)
    for (const { at, key } of dropped) {
      const entry = this.#entries.get(key)
      if (entry?.at === at && entry.record === undefined) this.#entries.delete(key)
    }
  }
}

const CHANGES_MIN = 1_000

interface Entry {
  readonly name: FabricName

  /** Undefined for one that is gone. */
  readonly record: FabricRecord | undefined
  readonly at: number
}
