/** Keeps what was made for a key while it is among the last that were asked for. */
export class RecentlyUsed<V> {
  /** The one asked for last is last. */
  readonly #values = new Map<string, V>()

  of(key: string, make: () => V): V {
    const known = this.#values.get(key)
    const value = known ?? make()
    if (known !== undefined) this.#values.delete(key)
    this.#values.set(key, value)
    if (this.#values.size > SIZE_MAX) this.#values.delete(this.#values.keys().next().value!)
    return value
  }
}

/** The largest of them has an entry for every instance of a cluster, which is a megabyte for 10,000 instances. */
const SIZE_MAX = 256
