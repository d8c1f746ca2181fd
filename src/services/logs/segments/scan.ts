import { type Batch, eventsOf } from "./batch.ts"
import { comparePositions, type Position, type ScanQuery, type StoredEvent } from "./event-store.ts"

/** Batches that lie together, and the times between which all of their events are. */
export interface Source {
  readonly first: number
  readonly last: number
  open(): Promise<readonly Batch[]> | readonly Batch[]
}

/**
 * Merges sources into one order. A source is opened when the scan comes to its time, and a batch is decoded when its
 * first event is next, so that what is in memory is what overlaps and not all that is asked for.
 */
export async function* scanSources(
  sources: readonly Source[],
  query: ScanQuery,
): AsyncGenerator<readonly StoredEvent[], void, void> {
  const { streams, from, to, descending = false } = query
  const edge = descending ? (source: Source) => -source.last : (source: Source) => source.first
  const wanted = sources.filter((source) => overlaps(source, query)).sort((a, b) => edge(a) - edge(b))
  const cursors = new CursorHeap(descending ? (a, b) => comparePositions(b, a) : comparePositions)
  const past = descending
    ? (event: Position) => comparePositions(event, from) < 0
    : (event: Position) => comparePositions(event, to) >= 0
  const early = descending
    ? (event: Position) => comparePositions(event, to) >= 0
    : (event: Position) => comparePositions(event, from) < 0
  const timeOf = (position: Position) => (descending ? -position.time : position.time)

  let next = 0
  let found: StoredEvent[] = []
  for (;;) {
    while (next < wanted.length && (cursors.top === undefined || edge(wanted[next]!) <= timeOf(cursors.top.position))) {
      const opened = wanted[next++]!.open()
      for (const batch of opened instanceof Promise ? await opened : opened) {
        if (streams?.has(batch.stream) === false || batch.group !== query.group || !overlaps(batch, query)) continue
        cursors.push(new Cursor(batch, descending))
      }
    }
    const cursor = cursors.pop()
    if (cursor === undefined) break

    // As long as nobody else's event can come before this one's next, it goes on without being put back.
    const rival = cursors.top?.position
    const unopened = next < wanted.length ? edge(wanted[next]!) : Number.POSITIVE_INFINITY
    do {
      const event = cursor.take()
      if (past(event)) break
      if (!early(event)) found.push(event)
    } while (!cursor.done && timeOf(cursor.position) < unopened && cursors.isBefore(cursor.position, rival))
    if (!cursor.done && !past(cursor.position)) cursors.push(cursor)
    if (found.length >= CHUNK_EVENTS) {
      yield found
      found = []
    }
  }
  if (found.length > 0) yield found
}

const CHUNK_EVENTS = 500

export function overlaps(
  { first, last }: { readonly first: number; readonly last: number },
  query: ScanQuery,
): boolean {
  return last >= query.from.time && first <= query.to.time
}

/** A place in a batch that is being read forwards or backwards. */
class Cursor {
  position: Position
  done = false
  readonly #batch: Batch
  readonly #step: 1 | -1
  #events: readonly StoredEvent[] | undefined
  #at: number

  constructor(batch: Batch, descending: boolean) {
    this.#batch = batch
    this.#step = descending ? -1 : 1
    this.#at = descending ? batch.count - 1 : 0
    this.position = { time: descending ? batch.last : batch.first, sequence: batch.sequence, index: this.#at }
  }

  take(): StoredEvent {
    this.#events ??= eventsOf(this.#batch)
    const event = this.#events[this.#at]!
    this.#at += this.#step
    const following = this.#events[this.#at]
    if (following === undefined) this.done = true
    else this.position = following
    return event
  }
}

class CursorHeap {
  readonly #compare: (a: Position, b: Position) => number
  readonly #heap: Cursor[] = []

  constructor(compare: (a: Position, b: Position) => number) {
    this.#compare = compare
  }

  get top(): Cursor | undefined {
    return this.#heap[0]
  }

  isBefore(position: Position, rival: Position | undefined): boolean {
    return rival === undefined || this.#compare(position, rival) < 0
  }

  push(cursor: Cursor): void {
    const heap = this.#heap
    let index = heap.length
    heap.push(cursor)
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!this.isBefore(cursor.position, heap[parent]!.position)) break
      heap[index] = heap[parent]!
      index = parent
    }
    heap[index] = cursor
  }

  pop(): Cursor | undefined {
    const heap = this.#heap
    const top = heap[0]
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return top
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && this.isBefore(heap[child + 1]!.position, heap[child]!.position)) child += 1
      if (!this.isBefore(heap[child]!.position, last.position)) break
      heap[index] = heap[child]!
      index = child
    }
    heap[index] = last
    return top
  }
}
