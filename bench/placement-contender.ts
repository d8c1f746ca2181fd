import { capacity } from "../src/services/ecs/placement/capacity.ts"
import { planPlacement } from "../src/services/ecs/placement/plan.ts"
import { containerInstances } from "../src/services/ecs/tables/container-instance.ts"
import { poolTasks } from "../src/services/ecs/tables/pool.ts"
import { type Task, tasks } from "../src/services/ecs/tables/task.ts"
import { regionScope } from "../src/store/changes.ts"
import type { Leadership } from "../src/store/journal/journal.ts"
import { sqliteJournal } from "../src/store/journal/sqlite.ts"
import { Store } from "../src/store/store.ts"
import { realWorld } from "../src/world/real.ts"
import { contend } from "./contender.ts"
import { placedTask, putInstances, requests } from "./placement-cluster.ts"
import { scan } from "./placement-scan.ts"

export interface PlacementSettings {
  /** Where the journal is kept; without one nothing is durable. */
  readonly sqlite?: string
  readonly planner: "index" | "scan"
}

export type PlacementOrder =
  /** Places tasks until the cluster has so many. */
  | { readonly kind: "grow"; readonly tasks: number }
  /** Places tasks for a while, and takes them away again. */
  | { readonly kind: "place"; readonly seconds: number }

export interface PlacementResult {
  /** Placements a second. */
  readonly rate: number
  readonly residentBytes: number
  readonly heapBytes: number
}

/** A cluster of 10,000 instances, in which transactions of ten tasks each are placed by many services in turn. */
contend(async ({ sqlite, planner }: PlacementSettings) => {
  const world = realWorld({ logLevel: "warn" })
  const journal = sqlite === undefined ? undefined : sqliteJournal({ file: sqlite })
  const store = new Store({ world, tables: [containerInstances, tasks, poolTasks] })
  store.lead((await journal?.lead((changes, version) => store.load(changes, version))) ?? NOWHERE)
  store.transact(HOME, (tx) => putInstances(tx, world.random))
  await store.whenDurable(store.version)

  const plan = planner === "scan" ? scan : planPlacement
  const wanted = requests()
  let turn = 0

  /** One transaction, as RunTask's are at most and a controller's are at least. */
  function placeSome(): Task[] {
    const request = wanted[turn++ % wanted.length]!
    return store.transact(HOME, (tx) => {
      const view = tx.view(capacity)
      const placed: Task[] = []
      for (let number = 0; number < TASKS_AT_ONCE; number++) {
        const spot = plan(view, request, world.random)
        if (spot === undefined) throw new Error("The cluster of the benchmark is full.")
        const task = placedTask(request, spot, world.random)
        tx.put(tasks, task)
        placed.push(task)
      }
      return placed
    })
  }

  async function remove(placed: readonly Task[]): Promise<void> {
    for (let first = 0; first < placed.length; first += 1000) {
      store.transact(HOME, (tx) => {
        for (const { arn } of placed.slice(first, first + 1000)) tx.delete(tasks, arn)
      })
      await store.whenDurable(store.version)
    }
    await journal?.fold()
  }

  return async (order: PlacementOrder): Promise<PlacementResult> => {
    // What was taken away since the last turn is for every kind of task to see, but not within this one.
    await remove(wanted.flatMap(placeSome))
    const startedAt = performance.now()
    const placed: Task[] = []
    let count = 0
    const goesOn = () =>
      order.kind === "grow" ? store.size(tasks) < order.tasks : performance.now() - startedAt < order.seconds * 1000
    while (goesOn()) {
      // While the journal writes some, the next ones are placed.
      const earlier = store.whenDurable(store.version)
      for (let transaction = 0; transaction < TRANSACTIONS_A_TURN; transaction++) {
        const some = placeSome()
        count += some.length
        if (order.kind === "place") placed.push(...some)
      }
      await earlier
    }
    await store.whenDurable(store.version)
    const seconds = (performance.now() - startedAt) / 1000
    await remove(placed)
    const { rss: residentBytes, heapUsed: heapBytes } = process.memoryUsage()
    return { rate: count / seconds, residentBytes, heapBytes }
  }
})

const HOME = regionScope("111122223333", "us-east-1")
const TASKS_AT_ONCE = 10
const TRANSACTIONS_A_TURN = 20

const NOWHERE: Leadership = {
  version: 0,
  append: () => Promise.resolve(),
  mayAnswer: () => true,
  lost: new Promise(() => {}),
}
