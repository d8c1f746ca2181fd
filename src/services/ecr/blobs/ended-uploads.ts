/** Uploads that are over: who still speaks of one has to hear that it is gone, and not begin it anew. */
export class EndedUploads {
  readonly #names = new Set<string>()

  has(name: string): boolean {
    return this.#names.has(name)
  }

  add(name: string): void {
    this.#names.add(name)
    if (this.#names.size > KEPT_MAX) this.#names.delete(this.#names.values().next().value!)
  }
}

const KEPT_MAX = 10_000
