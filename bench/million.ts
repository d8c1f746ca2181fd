import { join } from "node:path"
import type { Bench } from "./bench.ts"
import { type Contender, startContender } from "./contender.ts"
import { makeFolder } from "./folder.ts"
import { once } from "./measure.ts"
import type { MillionResult, MillionTask } from "./million-contender.ts"
import { clearProgress, progress } from "./progress.ts"

/** The embedded store with a million records: whether it stays smooth, and how it comes back after a restart. */
export const millionBench: Bench = async ({ seconds, say }) => {
  using folder = makeFolder()
  const settings = { file: join(folder.path, "journal") }
  const start = () => startContender<MillionTask, MillionResult>("./million-contender.ts", settings)
  const filled = await fill(start)
  progress("a million records: reading them back, and changing them")
  await using reopened = await start()
  const loaded = await reopened.run({ kind: "load", seconds: seconds * LOAD_TURNS })
  clearProgress()
  say(
    `With a million records, the longest turn under load held a garbage collection of ${loaded.collectionMs.toFixed(0)} ms at most.`,
  )
  return [
    { name: "longest turn, while 1,000,000 records come to be", unit: "ms", ours: once(filled.turnMs) },
    {
      name: "longest turn, 1,000,000 records, 64 callers, folding",
      unit: "ms",
      ours: once(loaded.turnMs),
      target: { of: "ours", atMost: 50 },
    },
    { name: "transactions, SQLite, 64 callers, 1,000,000 records", unit: "/s", ours: once(loaded.rate) },
    { name: "recovery of 1,000,000 records", unit: "ms", ours: once(loaded.openMs) },
    { name: "memory with 1,000,000 records", unit: "MB", ours: once(loaded.residentBytes / 1e6) },
    { name: "memory for each of 1,000,000 records", unit: "B", ours: once(loaded.heapBytes / RECORDS) },
  ]
}

/** In a process of its own, so that the next one has to read everything back. */
async function fill(start: () => Promise<Contender<MillionTask, MillionResult>>): Promise<MillionResult> {
  progress("a million records: writing them")
  await using filling = await start()
  return await filling.run({ kind: "fill", count: RECORDS })
}

const RECORDS = 1_000_000
const LOAD_TURNS = 15
