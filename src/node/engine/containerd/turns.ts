/** Lets what concerns one thing happen one after the other, and what concerns different things at the same time. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>()

  async take<Answer>(key: string, work: () => Promise<Answer>): Promise<Answer> {
    const before = this.#last.get(key)
    const own = before === undefined ? work() : before.then(work, work)
    this.#last.set(key, own)
    try {
      return await own
    } finally {
      if (this.#last.get(key) === own) this.#last.delete(key)
    }
  }

  /** When all that was asked for by now has come to its end. */
  async rest(): Promise<void> {
    await Promise.allSettled(this.#last.values())
  }
}
