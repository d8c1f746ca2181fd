import type { Cancel, World } from "../../world/world.ts"

/** One turn at a time; who asks while one is under way gets the next. A turn that was not enough is tried again, later. */
export class Turns {
  readonly #world: Pick<World, "after">

  /** Resolves with whether there is nothing left to try. */
  readonly #work: () => Promise<boolean>
  #turn: Promise<void> = Promise.resolve()
  #next: Promise<void> | undefined
  #again: Cancel | undefined
  #pauseMs = PAUSE_MS
  #isClosed = false

  constructor(world: Pick<World, "after">, work: () => Promise<boolean>) {
    this.#world = world
    this.#work = work
  }

  /** Resolves after a turn that has not begun yet. */
  take(): Promise<void> {
    this.#next ??= this.#turn.then(async () => {
      this.#next = undefined
      if (this.#isClosed) return
      this.#again?.()
      this.#again = undefined
      this.#turn = this.#work().then((isEnough) => this.#ended(isEnough))
      await this.#turn
    })
    return this.#next
  }

  /** No turn begins from now on; resolves when none is under way. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#again?.()
    await this.#next
    await this.#turn
  }

  #ended(isEnough: boolean): void {
    if (isEnough) this.#pauseMs = PAUSE_MS
    if (isEnough || this.#isClosed) return
    this.#again = this.#world.after(this.#pauseMs, () => void this.take())
    this.#pauseMs = Math.min(PAUSE_MS_MAX, this.#pauseMs * 2)
  }
}

const PAUSE_MS = 1000
const PAUSE_MS_MAX = 60_000
