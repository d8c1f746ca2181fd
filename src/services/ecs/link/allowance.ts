/**
 * How much a connection may bring in. It refills with time, up to a bound; who has nothing left is cut off, so that one
 * agent gone wild does not take the others' time.
 */
export class Allowance {
  readonly #burst: number
  readonly #perSecond: number
  #left: number
  #at: number

  constructor(now: number, { burst, perSecond }: { readonly burst: number; readonly perSecond: number }) {
    this.#burst = burst
    this.#perSecond = perSecond
    this.#left = burst
    this.#at = now
  }

  /** Takes so much of it, at a monotonic time; false when there is not so much left. */
  take(amount: number, now: number): boolean {
    this.#left = Math.min(this.#burst, this.#left + ((now - this.#at) * this.#perSecond) / 1000) - amount
    this.#at = now
    return this.#left >= 0
  }
}
