import { END, startOf } from "../src/services/logs/segments/event-store.ts"
import { FileEventStore } from "../src/services/logs/segments/file.ts"
import { realWorld } from "../src/world/real.ts"
import { closedLoop, perSecond } from "./closed-loop.ts"
import { contend } from "./contender.ts"
import { aMessage, EVENTS_PER_BATCH, type LogLoad, type LogRates } from "./logs-record.ts"

export type LogTask = LogLoad | "visible"

/** Our store of events, in the process of its callers, as it is in a region. */
contend(async ({ directory }: { readonly directory: string }) => {
  const world = realWorld({ logLevel: "warn" })
  const store = new FileEventStore({ world, directory })
  await store.open()
  let number = 0

  return async (task: LogTask): Promise<LogRates | number> => {
    if (task === "visible") return visibleMs(store)
    const cpu = process.cpuUsage()
    const tally = await closedLoop(task, async (caller) => {
      const time = Date.now()
      const events = Array.from({ length: EVENTS_PER_BATCH }, () => ({ time, message: aMessage(number++) }))
      await store.append({ group: `group${caller % 4}`, stream: `stream${caller}`, ingestedAt: time, events })
    })
    // Putting logs into segments belongs to what the events cost, whenever it is done.
    await store.seal()
    while (store.isBusy) await new Promise((resolve) => setTimeout(resolve, 1))
    const { user, system } = process.cpuUsage(cpu)
    const events = tally.calls * EVENTS_PER_BATCH
    return { rate: perSecond(tally) * EVENTS_PER_BATCH, ratePerCore: events / ((user + system) / 1e6) }
  }
})

/** How long after it was sent off an event is read back. */
async function visibleMs(store: FileEventStore): Promise<number> {
  const time = Date.now()
  const startedAt = performance.now()
  await store.append({ group: "visible", stream: "s", ingestedAt: time, events: [{ time, message: aMessage(time) }] })
  const query = { group: "visible", streams: new Set(["s"]), from: startOf(time), to: END, descending: true }
  for await (const [event] of store.scan(query)) if (event !== undefined) break
  return performance.now() - startedAt
}
