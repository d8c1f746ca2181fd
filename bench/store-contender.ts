import { regionScope } from "../src/store/changes.ts"
import { postgresJournal } from "../src/store/journal/postgres.ts"
import { sqliteJournal } from "../src/store/journal/sqlite.ts"
import { Store } from "../src/store/store.ts"
import { realWorld } from "../src/world/real.ts"
import { closedLoop, type Load, perSecond } from "./closed-loop.ts"
import { contend } from "./contender.ts"
import { aRecord, keyOf, RECORDS, records, shuffledNumbers } from "./record.ts"

/** Our store, in the process of its callers, as it is in a region: each waits until its change is durable. */
export type StoreSettings = { readonly sqlite: string } | { readonly postgres: string }

/** Transactions a second. */
export interface StoreRates {
  /** As their callers see it. */
  readonly rate: number

  /** When nothing is left for later: the time is counted until all that they wrote is folded into the records. */
  readonly foldedRate: number
}

contend(async (settings: StoreSettings) => {
  const world = realWorld({ logLevel: "warn" })
  const journal =
    "sqlite" in settings
      ? sqliteJournal({ file: settings.sqlite })
      : postgresJournal({ connection: settings.postgres, world, address: "" })
  const store = new Store({ world, tables: [records] })
  store.lead(await journal.lead((changes, version) => store.load(changes, version)))
  store.transact(HOME, (tx) => {
    for (let number = 0; number < RECORDS; number++) tx.put(records, aRecord(number))
  })
  await store.whenDurable(store.version)
  await journal.fold()

  const next = shuffledNumbers()
  return async (load: Load): Promise<StoreRates> => {
    const tally = await closedLoop(load, async () => {
      const { version } = store.attempt(HOME, (tx) => {
        const record = tx.mustGet(records, keyOf(next()))
        tx.put(records, { ...record, updates: record.updates + 1 })
      })
      await store.whenDurable(version)
    })
    // What is left to be folded must not be folded during the other side's turn.
    const loadedAt = performance.now()
    await journal.fold()
    const foldSeconds = (performance.now() - loadedAt) / 1000
    const { calls, seconds } = tally
    return { rate: perSecond(tally), foldedRate: perSecond({ calls, seconds: seconds + foldSeconds }) }
  }
})

const HOME = regionScope("111122223333", "us-east-1")
