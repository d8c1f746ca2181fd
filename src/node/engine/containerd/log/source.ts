import type { World } from "../../../../world/world.ts"
import type { LogSource } from "../../log-source.ts"
import type { Containers } from "../life/containers.ts"
import { follow } from "./follow.ts"

/** What a container writes. One that is gone has written nothing. */
export function logSource(world: World, containers: Containers, id: string): LogSource {
  return {
    async *read(from, signal) {
      const container = containers.find(id)
      if (container === undefined) return
      const { log, logEnded, watch, facts } = container
      log.bound(facts.logBytesMax)
      yield* follow(world, { files: log, ended: logEnded, watch }, from, signal)
    },
    release: async (upTo) => containers.find(id)?.log.release(upTo),
  }
}

/** What nobody reads must not fill the disk, however fast it is written. */
export function boundLogs(world: World, containers: Containers, signal: AbortSignal): void {
  const bound = () => {
    if (signal.aborted) return
    for (const { status, log, facts } of containers.all()) {
      if (status !== "running") continue
      try {
        log.bound(facts.logBytesMax)
      } catch (error) {
        world.log.warn("a log could not be bounded", { id: facts.id, error: (error as Error).message })
      }
    }
    cancel = world.after(BOUND_MS, bound)
  }
  let cancel = world.after(BOUND_MS, bound)
  signal.addEventListener("abort", () => cancel())
}

const BOUND_MS = 500
