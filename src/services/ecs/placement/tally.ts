/** How many there are of each; what there is none of takes no room, so counting up and down again leaves nothing behind. */
export class Tally<K> {
  readonly #counts = new Map<K, number>()

  get isEmpty(): boolean {
    return this.#counts.size === 0
  }

  get counts(): ReadonlyMap<K, number> {
    return this.#counts
  }

  of(key: K): number {
    return this.#counts.get(key) ?? 0
  }

  add(key: K, difference: number): void {
    if (difference === 0) return
    const count = (this.#counts.get(key) ?? 0) + difference
    if (count === 0) this.#counts.delete(key)
    else this.#counts.set(key, count)
  }
}
