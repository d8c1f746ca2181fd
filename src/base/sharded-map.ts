/**
 * A map that may hold millions of keys without ever standing still: JavaScript's own rebuilds all of itself each time it
 * doubles, a tenth of a second at a million. A small one is one such map; beyond a bound it is spread over many.
 */
export class ShardedMap<V> {
  #shards: Map<string, V>[] = [new Map()]
  #size = 0

  get size(): number {
    return this.#size
  }

  get(key: string): V | undefined {
    return this.#shardOf(key).get(key)
  }

  has(key: string): boolean {
    return this.#shardOf(key).has(key)
  }

  set(key: string, value: V): void {
    const shard = this.#shardOf(key)
    const before = shard.size
    shard.set(key, value)
    this.#size += shard.size - before
    if (this.#size > SPREAD_FROM && this.#shards.length === 1) this.#spread()
  }

  delete(key: string): boolean {
    const deleted = this.#shardOf(key).delete(key)
    if (deleted) this.#size -= 1
    return deleted
  }

  /** In the order in which keys were added, as long as they are few. */
  *values(): Generator<V> {
    for (const shard of this.#shards) yield* shard.values()
  }

  #shardOf(key: string): Map<string, V> {
    return this.#shards.length === 1 ? this.#shards[0]! : this.#shards[shardNumber(key)]!
  }

  #spread(): void {
    const [all] = this.#shards
    this.#shards = Array.from({ length: SHARDS }, () => new Map())
    for (const [key, value] of all!) this.#shardOf(key).set(key, value)
  }
}

const SPREAD_FROM = 50_000
const SHARDS = 128

/** Keys that begin alike, as ARNs do, differ at their ends. */
function shardNumber(key: string): number {
  let hash = 0
  for (let index = Math.max(0, key.length - 8); index < key.length; index++) {
    hash = (Math.imul(hash, 31) + key.charCodeAt(index)) | 0
  }
  return (hash ^ (hash >>> 13)) & (SHARDS - 1)
}
