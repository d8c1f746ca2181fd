/** When an instance's next manifest is to be sent, and what has become of the last. Times are monotonic. */
export class ManifestTimes {
  #next = 1
  #last = 0
  #at: number
  #sentAt = Number.NEGATIVE_INFINITY
  #messageId: string | undefined
  #isVerified = false
  #isOutdated = false

  /** One is due at once: nobody knows what an agent that connects is running. */
  constructor(now: number) {
    this.#at = now
  }

  get needsNumbers(): boolean {
    return this.#next > this.#last
  }

  /** From now on these numbers may be used. */
  reserved(first: number, last: number): void {
    this.#next = first
    this.#last = last
  }

  isDue(now: number): boolean {
    return now >= this.#at
  }

  dueNow(): void {
    this.#at = Number.NEGATIVE_INFINITY
  }

  /** What should run is not what the last manifest said; the next one need not hurry. */
  outdated(): void {
    this.#isOutdated = true
    this.#at = Math.min(this.#at, this.#sentAt + APART_MS)
  }

  /** Notes that a manifest leaves; says its number. If it is not acknowledged, another follows in its time. */
  sent(messageId: string, now: number): number {
    this.#messageId = messageId
    this.#isVerified = false
    this.#isOutdated = false
    this.#sentAt = now
    this.#at = now + APART_MS
    this.#next += 1
    return this.#next - 1
  }

  acknowledged(messageId: string): void {
    if (messageId === this.#messageId && !this.#isOutdated) this.#at = Number.POSITIVE_INFINITY
  }

  /** Whether this is the last manifest, asked about for the first time. */
  verifies(messageId: string): boolean {
    if (messageId !== this.#messageId || this.#isVerified) return false
    this.#isVerified = true
    return true
  }
}

/** So that an instance whose tasks come and go is not listed all the time. */
const APART_MS = 60_000
