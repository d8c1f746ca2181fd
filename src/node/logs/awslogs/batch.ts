import type { PendingEvent } from "./events.ts"

/** How many of the first events go in one PutLogEvents: by count, by bytes, and by how far they are apart. */
export function batchLength(events: readonly PendingEvent[]): number {
  let bytes = 0
  let earliest = Number.POSITIVE_INFINITY
  let latest = Number.NEGATIVE_INFINITY
  for (const [index, event] of events.entries()) {
    bytes += event.bytes
    earliest = Math.min(earliest, event.timestamp)
    latest = Math.max(latest, event.timestamp)
    const isFull = index === EVENTS_MAX || bytes > BATCH_BYTES_MAX || latest - earliest >= SPAN_MS_MAX
    // One event always goes: invalid bytes may have grown beyond what was measured before.
    if (isFull && index > 0) return index
  }
  return events.length
}

/** In the order of their times, as the service wants them; equal times stay in the order they were written. */
export function inputOf(events: readonly PendingEvent[]): { readonly timestamp: number; readonly message: string }[] {
  return events
    .map(({ timestamp, message }) => ({ timestamp, message }))
    .toSorted((one, other) => one.timestamp - other.timestamp)
}

const EVENTS_MAX = 10_000
export const BATCH_BYTES_MAX = 1_048_576
const SPAN_MS_MAX = 24 * 60 * 60_000
