import type { Log } from "../src/world/log.ts"
import type { Random, World } from "../src/world/world.ts"

/** The world as one process of the simulation sees it: with the process, every timer that it has set is gone. */
export interface ProcessWorld extends World {
  readonly isOver: boolean

  /** Ends the process as `kill -9` does: none of its timers runs any more, and none of its lines is written. */
  end(): void
}

export function processWorld(world: World, own: { readonly random: Random; readonly log: Log }): ProcessWorld {
  let isOver = false
  return {
    get isOver() {
      return isOver
    },
    now: () => world.now(),
    monotonic: () => world.monotonic(),
    after(ms, task) {
      return world.after(ms, () => {
        if (!isOver) task()
      })
    },
    random: own.random,
    log: own.log,
    end() {
      isOver = true
    },
  }
}
