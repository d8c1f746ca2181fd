import { monitorEventLoopDelay, PerformanceObserver } from "node:perf_hooks"
import { regionScope } from "../src/store/changes.ts"
import { sqliteJournal } from "../src/store/journal/sqlite.ts"
import { Store } from "../src/store/store.ts"
import { realWorld } from "../src/world/real.ts"
import { closedLoop } from "./closed-loop.ts"
import { contend } from "./contender.ts"
import { aRecord, keyOf, records, shuffledNumbers } from "./record.ts"

export interface MillionSettings {
  readonly file: string
}

export type MillionTask =
  | { readonly kind: "fill"; readonly count: number }
  | { readonly kind: "load"; readonly seconds: number }

export interface MillionResult {
  /** From the order to open the journal until the store led. */
  readonly openMs: number
  readonly residentBytes: number
  readonly heapBytes: number

  /** The longest that the main thread kept others waiting during the task, and how long it collected garbage at most. */
  readonly turnMs: number
  readonly collectionMs: number
  readonly rate: number
}

/** A store with very many records: how long it takes to come up, how much memory it needs, how smoothly it runs. */
contend(async ({ file }: MillionSettings) => {
  const world = realWorld({ logLevel: "warn" })
  const startedAt = performance.now()
  const journal = sqliteJournal({ file })
  const store = new Store({ world, tables: [records] })
  store.lead(await journal.lead((changes, version) => store.load(changes, version)))
  const openMs = performance.now() - startedAt
  const { rss: residentBytes, heapUsed: heapBytes } = process.memoryUsage()

  /** Resolves with calls per second. */
  async function work(task: MillionTask): Promise<number> {
    if (task.kind === "fill") {
      for (let first = 0; first < task.count; first += FILLED_AT_ONCE) {
        store.transact(HOME, (tx) => {
          for (let number = first; number < first + FILLED_AT_ONCE; number++) tx.put(records, aRecord(number))
        })
        await store.whenDurable(store.version)
      }
      await journal.fold()
      return 0
    }
    const next = shuffledNumbers(store.size(records))
    const { calls, seconds } = await closedLoop({ callers: 64, seconds: task.seconds }, async () => {
      const { version } = store.attempt(HOME, (tx) => {
        const record = tx.mustGet(records, keyOf(next()))
        tx.put(records, { ...record, updates: record.updates + 1 })
      })
      await store.whenDurable(version)
    })
    await journal.fold()
    return calls / seconds
  }

  return async (task: MillionTask): Promise<MillionResult> => {
    const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
    let collectionMs = 0
    const collections = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) collectionMs = Math.max(collectionMs, duration)
    })
    collections.observe({ entryTypes: ["gc"] })
    delay.enable()
    const rate = await work(task)
    delay.disable()
    await new Promise(setImmediate)
    collections.disconnect()
    const turnMs = Math.max(0, delay.max / 1e6 - RESOLUTION_MS)
    return { openMs, residentBytes, heapBytes, turnMs, collectionMs, rate }
  }
})

const HOME = regionScope("111122223333", "us-east-1")
const FILLED_AT_ONCE = 500
const RESOLUTION_MS = 1
