import { expect } from "vitest"
import type { Apply, Entry, StoredChange } from "./journal.ts"
import type { JournalBackend } from "./suite.ts"

export async function led(backend: JournalBackend, options?: { readonly address: string }) {
  const journal = await backend.open(options)
  const replica = aReplica()
  const leadership = await journal.lead(replica.apply)
  return { journal, leadership, replica }
}

/** A journal that waits behind the leader. */
export async function follow(backend: JournalBackend, options?: { readonly address: string }) {
  const journal = await backend.open(options)
  const replica = aReplica()
  const leading = journal.lead(replica.apply)
  leading.catch(() => {})
  return { journal, leading, replica }
}

export interface Replica {
  readonly apply: Apply
  onApply: (version: number) => void
  changes(): readonly StoredChange[]
  records(): Readonly<Record<string, unknown>>
  version(): number
}

/** The memory that a store would keep. */
function aReplica(): Replica {
  const held = new Map<string, StoredChange>()
  let newest = 0
  const replica: Replica = {
    apply(changes, version) {
      expect(version).toBeGreaterThanOrEqual(newest)
      newest = version
      for (const change of changes) held.set(addressOf(change), change)
      replica.onApply(version)
    },
    onApply: () => {},
    changes: () => [...held.values()].filter(({ record }) => record !== undefined),
    records: () => recordsOf(...held.values()),
    version: () => newest,
  }
  return replica
}

export function addressOf({ table, scope, key }: StoredChange): string {
  return JSON.stringify([table, scope, key])
}

/** The records that are there after these changes, in the order of their addresses, as JSON brings them back. */
export function recordsOf(...changes: readonly StoredChange[]): Readonly<Record<string, unknown>> {
  const records = new Map<string, unknown>()
  for (const change of changes) {
    if (change.record === undefined) records.delete(addressOf(change))
    else records.set(addressOf(change), JSON.parse(JSON.stringify(change.record)))
  }
  return Object.fromEntries([...records].sort(([a], [b]) => (a < b ? -1 : 1)))
}

export function entry(version: number, ...changes: readonly StoredChange[]): Entry {
  return { version, changes }
}

export function put(key: string, record: object): StoredChange {
  return { table: "test/records", tableVersion: 1, scope: "111111111111/eu-west-1", key, record }
}

export function gone(key: string): StoredChange {
  return { table: "test/records", tableVersion: 1, scope: "111111111111/eu-west-1", key, record: undefined }
}
