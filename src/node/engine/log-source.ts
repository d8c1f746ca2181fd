/** What a container writes, from any place that was once reached, however often this process or the engine restarts. */
export interface LogSource {
  /**
   * Everything from a position on (undefined: from the beginning) as it is written; ends when the container has ended,
   * or is gone, and all of it was read. A container that is started again goes on in the same source.
   */
  read(from: LogPosition | undefined, signal: AbortSignal): AsyncIterable<LogChunk>

  /** All before this position is kept elsewhere for good: its room on the disk may be used again. */
  release(upTo: LogPosition): Promise<void>
}

/** Opaque, and a text, so that it can be kept with the task. */
export type LogPosition = string

export interface LogChunk {
  readonly stream: "stdout" | "stderr"
  readonly bytes: Uint8Array

  /** When it was written, as far as is known; in milliseconds. */
  readonly at: number

  /** Where the next chunk begins. */
  readonly next: LogPosition

  /** Bytes of this stream before this chunk that were dropped, since nobody read them in time. */
  readonly lostBytes: number
}
