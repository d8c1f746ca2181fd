import { join } from "node:path"
import type { Bench } from "./bench.ts"
import { startContender } from "./contender.ts"
import type { Figure } from "./figure.ts"
import { makeFolder } from "./folder.ts"
import { inTurns, once, ratioOf, spreadOf } from "./measure.ts"
import type { PlacementOrder, PlacementResult, PlacementSettings } from "./placement-contender.ts"
import { clearProgress, progress } from "./progress.ts"

/** Tasks placed on a cluster of 10,000 instances: in memory, durably, with ten times the tasks, and beside a plain scan. */
export const placementBench: Bench = async ({ seconds, say }) => {
  using folder = makeFolder()
  await using few = await startCluster({ planner: "index" }, FEW)
  await using many = await startCluster({ planner: "index" }, MANY)
  await using scan = await startCluster({ planner: "scan" }, SCANNED)
  const place: PlacementOrder = { kind: "place", seconds }
  const rateOf = async (cluster: typeof few) => (await cluster.run(place)).rate
  const memory = await inTurns("placement, in memory", {
    few: () => rateOf(few),
    many: () => rateOf(many),
    scan: () => rateOf(scan),
  })
  const { residentBytes } = await many.run({ kind: "place", seconds: 0 })

  await using durable = await startCluster({ planner: "index", sqlite: join(folder.path, "journal") }, FEW)
  const kept = await inTurns("placement, SQLite", { durable: () => rateOf(durable) })

  say("Placements: twenty kinds of tasks in turn, ten tasks a transaction, each task a record as RunTask writes it.")
  const figures: Figure[] = [
    {
      name: "placements, 10,000 instances, 100,000 tasks",
      unit: "/s",
      ours: spreadOf(memory.few),
      theirs: { name: "with a plain scan", spread: spreadOf(memory.scan) },
      ratio: ratioOf(memory.few, memory.scan),
      target: { of: "ours", atLeast: 100_000 },
    },
    {
      name: "placements, 10,000 instances, 1,000,000 tasks",
      unit: "/s",
      ours: spreadOf(memory.many),
      theirs: { name: "with 100,000", spread: spreadOf(memory.few) },
      ratio: ratioOf(memory.many, memory.few),
      target: { of: "ratio", atLeast: 0.9 },
    },
    {
      name: "placements, SQLite, 10,000 instances, 100,000 tasks",
      unit: "/s",
      ours: spreadOf(kept.durable),
      target: { of: "ours", atLeast: 25_000 },
    },
    { name: "memory with 1,000,000 tasks on 10,000 instances", unit: "MB", ours: once(residentBytes / 1e6) },
  ]
  return figures
}

const FEW = 100_000
const MANY = 1_000_000

/** The scan does not care how many tasks there are, and would take an hour to place more. */
const SCANNED = 1_000

async function startCluster(settings: PlacementSettings, tasks: number) {
  const cluster = await startContender<PlacementOrder, PlacementResult>("./placement-contender.ts", settings)
  progress(`placement: a cluster with ${tasks} tasks`)
  await cluster.run({ kind: "grow", tasks })
  clearProgress()
  return cluster
}
