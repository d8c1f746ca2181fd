import { type Batch, countedBytes } from "./batch.ts"
import type { StreamSummary } from "./event-store.ts"

/** Batches in memory, by group, in the order in which they came. */
export class Tail {
  readonly #groups = new Map<string, { batches: Batch[]; counted: number }>()

  get groups(): Iterable<string> {
    return this.#groups.keys()
  }

  add(batch: Batch): void {
    let group = this.#groups.get(batch.group)
    if (group === undefined) {
      group = { batches: [], counted: 0 }
      this.#groups.set(batch.group, group)
    }
    group.batches.push(batch)
    group.counted += countedBytes(batch)
  }

  batches(group: string): readonly Batch[] {
    return this.#groups.get(group)?.batches ?? []
  }

  countedBytes(group: string): number {
    return this.#groups.get(group)?.counted ?? 0
  }

  /** Leaves only what `keeps` says. */
  filter(keeps: (batch: Batch) => boolean): void {
    for (const [id, { batches }] of [...this.#groups]) {
      this.#groups.delete(id)
      for (const batch of batches) if (keeps(batch)) this.add(batch)
    }
  }
}

export function addSummary(summaries: Map<string, StreamSummary>, stream: string, more: StreamSummary): void {
  const known = summaries.get(stream) ?? more
  summaries.set(stream, {
    first: Math.min(known.first, more.first),
    last: Math.max(known.last, more.last),
    ingestedAt: Math.max(known.ingestedAt, more.ingestedAt),
  })
}
