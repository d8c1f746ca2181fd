import type { Cancel } from "../../../world/world.ts"
import type { Batch } from "./batch.ts"

/** Who hears of a group's new batches. */
export class Watchers {
  readonly #byGroup = new Map<string, Set<(batch: Batch) => void>>()

  add(group: string, hear: (batch: Batch) => void): Cancel {
    const hearers = this.#byGroup.get(group) ?? new Set()
    this.#byGroup.set(group, hearers)
    hearers.add(hear)
    return () => {
      hearers.delete(hear)
      if (hearers.size === 0 && this.#byGroup.get(group) === hearers) this.#byGroup.delete(group)
    }
  }

  tell(batch: Batch): void {
    for (const hear of this.#byGroup.get(batch.group) ?? []) hear(batch)
  }
}
