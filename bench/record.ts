import { createHash } from "node:crypto"
import { table } from "../src/store/table.ts"

/** What every store here is asked to keep: ten thousand records of about three hundred bytes, each under its own key. */
export interface BenchRecord {
  readonly key: string
  readonly status: "PENDING" | "RUNNING"
  readonly updates: number
  readonly note: string
}

export const records = table({
  name: "bench/records",
  version: 1,
  key: (record: BenchRecord) => record.key,
  indexes: { status: (record) => record.status },
})

export const RECORDS = 10_000

export function keyOf(number: number): string {
  // No colon: pgbench would take what follows for a parameter.
  return `task/${String(number).padStart(8, "0")}`
}

export function aRecord(number: number): BenchRecord {
  // As hard to compress as real records, which are mostly names and ids.
  const note = createHash("shake256", { outputLength: 115 }).update(String(number)).digest("hex")
  return { key: keyOf(number), status: "PENDING", updates: 0, note }
}

/** A record as others store it: what a change of it costs our journal, in bytes. */
export function benchValue(number: number): string {
  return JSON.stringify(aRecord(number))
}

/** Goes through all records, in an order that no store can profit from. */
export function shuffledNumbers(count = RECORDS): () => number {
  let at = 0
  return () => {
    at = (at + 7_919) % count
    return at
  }
}
