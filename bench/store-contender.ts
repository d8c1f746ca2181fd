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

contend(async (settings: StoreSettings) => {
  const world = realWorld({ logLevel: "warn" })
  const journal =
    "sqlite" in settings
      ? sqliteJournal({ file: settings.sqlite })
      : postgresJournal({ connection: settings.postgres, world, address: "", foldEveryMs: FOLD_EVERY_MS })
  const store = new Store({ world, tables: [records] })
  store.lead(await journal.lead((changes, version) => store.load(changes, version)))
  store.transact(HOME, (tx) => {
    for (let number = 0; number < RECORDS; number++) tx.put(records, aRecord(number))
  })
  await store.whenDurable(store.version)
  await journal.fold()

  const next = shuffledNumbers()
  return async (load: Load) => {
    const startedAt = performance.now()
    const { calls } = await closedLoop(load, async () => {
      const { version } = store.attempt(HOME, (tx) => {
        const record = tx.mustGet(records, keyOf(next()))
        tx.put(records, { ...record, updates: record.updates + 1 })
      })
      await store.whenDurable(version)
    })
    // What the load left to be folded is part of its price, and must not be paid during the other side's turn.
    await journal.fold()
    return perSecond({ calls, seconds: (performance.now() - startedAt) / 1000 })
  }
})


const HOME = regionScope("111122223333", "us-east-1")

/** Often, so that folding goes on beside the load instead of between turns. */
const FOLD_EVERY_MS = 250
