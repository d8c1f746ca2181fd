import { sleep, type World } from "../../world/world.ts"

/**
 * How long a search has had the thread. Patterns and messages are their callers' own, and some pairs take long: whoever
 * has had its time lets the others go first, between any two events.
 */
export class Turn {
  readonly #world: Pick<World, "after" | "monotonic">
  readonly #signal: AbortSignal | undefined
  #began: number

  constructor(world: Pick<World, "after" | "monotonic">, signal?: AbortSignal) {
    this.#world = world
    this.#signal = signal
    this.#began = world.monotonic()
  }

  get isOver(): boolean {
    return this.#world.monotonic() - this.#began >= TURN_MS
  }

  /** Resolves when it is this one's turn again. */
  async next(): Promise<void> {
    await sleep(this.#world, 0, this.#signal)
    this.#began = this.#world.monotonic()
  }
}

const TURN_MS = 5
