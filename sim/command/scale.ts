import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { rootOnly } from "../../src/aws/authorizer.ts"
import { type FrontDoor, frontDoor } from "../../src/aws/front-door.ts"
import { keysOf } from "../../src/aws/keys.ts"
import { allTables, catalog } from "../../src/services/catalog.ts"
import { type TaskStatus, tasks } from "../../src/services/ecs/tables/task.ts"
import { ControllerRunner } from "../../src/store/controller.ts"
import { sqliteJournal } from "../../src/store/journal/sqlite.ts"
import { retention } from "../../src/store/retention.ts"
import { Store } from "../../src/store/store.ts"
import { realWorld } from "../../src/world/real.ts"
import { sleep } from "../../src/world/world.ts"
import { principalBehind } from "../identity.ts"
import { loadServices } from "../region.ts"
import { Crowd } from "../scale/crowd.ts"
import { request } from "../scale/request.ts"
import type { ScaleAsked } from "./run.ts"

/** `homeport sim --scale`: very many tasks through the whole control plane, with a journal on disk. */
export async function runScale({ tasks: taskCount, instances: instanceCount }: ScaleAsked): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "homeport-scale-"))
  try {
    await loadServices()
    const world = realWorld({ logLevel: "warn" })
    const journal = sqliteJournal({ file: join(folder, "journal") })
    const store = new Store({ world, tables: allTables })
    store.lead(await journal.lead((changes, version) => store.load(changes, version)))
    const controllers = [...retention(allTables), ...catalog.flatMap((service) => service.controllers)]
    const runner = new ControllerRunner(world, store, controllers)
    runner.start()
    const door = frontDoor({
      world,
      store,
      services: catalog,
      authorizer: rootOnly,
      keys: keysOf(new Uint8Array(32)),
      identify: () => undefined,
      trustAnyone: (accessKeyId = "", region) => principalBehind(accessKeyId, region),
    })
    const statuses = countStatuses(store)
    const crowd = new Crowd(door, world)

    let startedAt = performance.now()
    await must(door, "CreateCluster", { clusterName: "large" })
    await must(door, "RegisterTaskDefinition", {
      family: "small",
      requiresCompatibilities: ["EC2"],
      containerDefinitions: [{ name: "main", image: "good:1", cpu: 4, memory: 8 }],
    })
    await crowd.join(instanceCount)
    console.log(`${instanceCount} instances registered and connected in ${seconds(startedAt)} s`)

    startedAt = performance.now()
    const before = process.threadCpuUsage()
    const marks: number[] = [startedAt]
    let asked = 0
    async function run(): Promise<void> {
      while (asked < taskCount) {
        asked += TASKS_PER_REQUEST
        const answer = await must(door, "RunTask", {
          cluster: "large",
          taskDefinition: "small",
          count: TASKS_PER_REQUEST,
          placementStrategy: [{ type: "spread", field: "instanceId" }],
        })
        if (!answer.includes('"failures":[]')) throw new Error(`there is no room: ${answer}`)
        // Whoever asks for more than agents can start only waits longer.
        while (asked - statuses.running() > AHEAD_MAX) await sleep(world, 1)
      }
    }
    const running = Promise.all(Array.from({ length: CALLERS }, run))
    let failed: unknown
    running.catch((error: unknown) => {
      failed = error
    })
    for (let step = 1; step <= STEPS; ) {
      if (failed !== undefined) throw failed
      if (statuses.running() < (taskCount * step) / STEPS) {
        await sleep(world, 1)
        continue
      }
      marks.push(performance.now())
      const took = marks.at(-1)! - marks.at(-2)!
      const rate = taskCount / STEPS / (took / 1000)
      console.log(
        `${statuses.running()} RUNNING after ${seconds(startedAt)} s, ${rate.toFixed(0)}/s, ${memory()}, ${store.backlog} changes wait`,
      )
      step += 1
    }
    await running
    await store.whenDurable(store.version)
    const total = (performance.now() - startedAt) / 1000
    const { user, system } = process.threadCpuUsage(before)
    const rates = marks.slice(1).map((mark, at) => taskCount / STEPS / ((mark - marks[at]!) / 1000))
    console.log(
      `${taskCount} tasks RUNNING and durable in ${total.toFixed(1)} s (${(taskCount / total).toFixed(0)}/s), ` +
        `last tenth at ${(rates.at(-1)! / rates[0]!).toFixed(2)} of the first's rate, ` +
        `${((user + system) / taskCount).toFixed(0)} µs of the main thread each, ${memory()}`,
    )
    runner.stop()
    await journal.close()
    return 0
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Counted as they change: looking at a million tasks again and again would be what is measured. */
function countStatuses(store: Store): { readonly running: () => number } {
  const counts = new Map<TaskStatus, number>()
  store.observe(({ changes }) => {
    for (const { table, before, after } of changes) {
      if (table !== tasks) continue
      for (const [record, sign] of [
        [before, -1],
        [after, 1],
      ] as const) {
        if (record === undefined) continue
        const { lastStatus } = record as { readonly lastStatus: TaskStatus }
        counts.set(lastStatus, (counts.get(lastStatus) ?? 0) + sign)
      }
    }
  })
  return { running: () => counts.get("RUNNING") ?? 0 }
}

async function must(door: FrontDoor, operation: string, input: object): Promise<string> {
  const { status, text } = await request(door, "user", operation, input)
  if (status !== 200) throw new Error(`${operation}: ${status} ${text}`)
  return text
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1)
}

/** What is resident now, and the most that ever was. */
function memory(): string {
  const peak = process.resourceUsage().maxRSS / 1024
  return `${(process.memoryUsage().rss / 2 ** 20).toFixed(0)} MiB resident, ${peak.toFixed(0)} at most`
}

const TASKS_PER_REQUEST = 10
const CALLERS = 100
const AHEAD_MAX = 20_000
const STEPS = 10
