import type { Cancel, World } from "../../../world/world.ts"
import { isUnavailable } from "./patience.ts"

/** What is done in a while, or again and again, until all of it ends. A round that fails is logged, and the next one comes. */
export class Rounds {
  readonly #world: Pick<World, "after" | "log">
  readonly #cancels = new Set<Cancel>()
  #isClosed = false

  constructor(world: Pick<World, "after" | "log">) {
    this.#world = world
  }

  every(ms: number, work: () => Promise<void>): void {
    this.later(ms, async () => {
      try {
        await work()
      } finally {
        this.every(ms, work)
      }
    })
  }

  later(ms: number, work: () => Promise<void>): void {
    if (this.#isClosed) return
    const cancel = this.#world.after(ms, () => {
      this.#cancels.delete(cancel)
      work().catch((error) => {
        if (this.#isClosed) return
        // A runtime that does not answer is asked again in the next round.
        const level = isUnavailable(error) ? "debug" : "error"
        this.#world.log[level]("the task engine could not do its rounds", { error })
      })
    })
    this.#cancels.add(cancel)
  }

  close(): void {
    this.#isClosed = true
    for (const cancel of this.#cancels) cancel()
    this.#cancels.clear()
  }
}
