import type { Cancel } from "../../../world/world.ts"
import type { Batch } from "./batch.ts"

/**
 * Where log events live: not in the store of records, but in segments of their own. It knows groups and streams by their
 * ids only, so what is deleted and made again under the same name never meets what was there before.
 */
export interface EventStore {
  /**
   * Resolves once all events of the batch are durable; every read that begins later sees them. Rejects, with nothing of
   * the batch kept, when there is no room or the disk fails.
   */
  append(batch: NewBatch): Promise<void>

  /** Events in the order of time, then of arrival; what is appended after the scan began does not show. */
  scan(query: ScanQuery): AsyncGenerator<readonly StoredEvent[], void, void>

  /** What is known of each stream of a group that has events. */
  summaries(group: string): Promise<ReadonlyMap<string, StreamSummary>>

  /** As AWS counts them: a message's bytes and 26 more for each event. */
  storedBytes(group: string): number

  /** The groups of which there are events. */
  groups(): ReadonlySet<string>

  /** Hears of each batch of a group once it is durable. */
  watch(group: string, hear: (batch: Batch) => void): Cancel

  /** Gives back the room of what nobody is to see any more. Repeating it costs little. */
  forget(forgotten: Forgotten): Promise<void>
}

export interface NewBatch {
  readonly group: string
  readonly stream: string

  /** Milliseconds since 1970, as all times here. */
  readonly ingestedAt: number

  /** At least one, in the order of their times. */
  readonly events: readonly { readonly time: number; readonly message: string }[]
}

export interface StoredEvent extends Position {
  readonly stream: string
  readonly ingestedAt: number
  readonly message: string
}

/** An event's place in its group: unique, and the same for ever. */
export interface Position {
  readonly time: number

  /** Of its batch; rises with each. */
  readonly sequence: number

  /** In its batch. */
  readonly index: number
}

export interface ScanQuery {
  readonly group: string

  /** Undefined for all of the group's. */
  readonly streams?: ReadonlySet<string> | undefined

  /** The first position that is wanted. */
  readonly from: Position

  /** The first position that is not wanted any more. */
  readonly to: Position
  readonly descending?: boolean
}

export interface StreamSummary {
  readonly first: number
  readonly last: number
  readonly ingestedAt: number
}

export interface Forgotten {
  /** By group: events from before this time are forgotten. A group that is gone has infinity here. */
  readonly horizons: ReadonlyMap<string, number>

  /** Streams that are gone while their group is not. */
  readonly streams: ReadonlySet<string>
}

/** What a caller is told to try again for: no room, or the disk failed. Nothing of what was to be appended is kept. */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable"
}

export function comparePositions(a: Position, b: Position): number {
  return a.time - b.time || a.sequence - b.sequence || a.index - b.index
}

/** Before every event from this time on. */
export function startOf(time: number): Position {
  return { time, sequence: 0, index: 0 }
}

export const END: Position = startOf(Number.POSITIVE_INFINITY)

/** What AWS adds to each event's message when it counts bytes. */
export const EVENT_OVERHEAD_BYTES = 26
