import { encodeBatch } from "./batch.ts"
import type { EventStore, StreamSummary } from "./event-store.ts"
import { scanSources } from "./scan.ts"
import { addSummary, Tail } from "./tail.ts"
import { Watchers } from "./watchers.ts"

/** For tests and the simulator: forgets everything with its process. */
export function memoryEventStore(): EventStore {
  const tail = new Tail()
  const watchers = new Watchers()
  let sequence = 0

  return {
    async append(batch) {
      const encoded = encodeBatch(batch, ++sequence)
      tail.add(encoded)
      watchers.tell(encoded)
    },
    scan(query) {
      const batches = [...tail.batches(query.group)]
      return scanSources(
        batches.map((batch) => ({ first: batch.first, last: batch.last, open: () => [batch] })),
        query,
      )
    },
    async summaries(group) {
      const summaries = new Map<string, StreamSummary>()
      for (const batch of tail.batches(group)) addSummary(summaries, batch.stream, batch)
      return summaries
    },
    storedBytes: (group) => tail.countedBytes(group),
    groups: () => new Set(tail.groups),
    watch: (group, hear) => watchers.add(group, hear),
    async forget({ horizons, streams }) {
      tail.filter(({ group, stream, last }) => last >= (horizons.get(group) ?? 0) && !streams.has(stream))
    },
  }
}
