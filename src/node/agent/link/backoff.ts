import type { Random } from "../../../world/world.ts"

export interface BackoffLimits {
  readonly ms: number
  readonly msMax: number
  readonly factor: number

  /** How much may be added by chance, as a part of the pause: those who failed together do not come back together. */
  readonly jitter: number
}

/** Pauses that grow while things go on failing. */
export class Backoff {
  readonly #random: Random
  readonly #limits: BackoffLimits
  #failures = 0

  constructor(random: Random, limits: BackoffLimits) {
    this.#random = random
    this.#limits = limits
  }

  next(): number {
    const { ms, msMax, factor, jitter } = this.#limits
    const pause = Math.min(msMax, ms * factor ** this.#failures)
    this.#failures += 1
    return pause + (pause * jitter * this.#random.below(1000)) / 1000
  }

  reset(): void {
    this.#failures = 0
  }
}
