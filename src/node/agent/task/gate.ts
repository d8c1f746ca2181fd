import { Queue } from "../../../base/queue.ts"

/** Lets only so many in at a time; the others wait in order. */
export class Gate {
  readonly #countMax: number
  readonly #waiting = new Queue<() => void>()
  #inside = 0

  constructor(countMax: number) {
    this.#countMax = countMax
  }

  async enter<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inside < this.#countMax) this.#inside += 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      // Whoever waits takes the place over, so that nobody slips in between.
      const next = this.#waiting.shift()
      if (next === undefined) this.#inside -= 1
      else next()
    }
  }
}
