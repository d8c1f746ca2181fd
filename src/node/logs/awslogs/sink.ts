import type { Cancel, World } from "../../../world/world.ts"
import type { LogLine, LogSink } from "../driver.ts"
import { BATCH_BYTES_MAX, batchLength } from "./batch.ts"
import { EventAssembler, type PendingEvent } from "./events.ts"

/** Resolves when the events are durable in CloudWatch Logs, however often it has to be tried, or the signal is raised. */
export type Put = (events: readonly PendingEvent[], signal: AbortSignal) => Promise<void>

/** Gathers events for a moment, and puts one batch after the other: all that came meanwhile is the next. */
export class AwslogsSink implements LogSink {
  readonly #world: World
  readonly #put: Put
  readonly #taken: (count: number) => void
  readonly #assembler: EventAssembler
  readonly #abort = new AbortController()
  #queue: PendingEvent[] = []
  #bytes = 0
  #lines = 0
  #putting: Promise<void> | undefined
  #lingering: Cancel | undefined
  #completing: Cancel | undefined
  #room: { readonly promise: Promise<void>; resolve(): void } | undefined

  constructor({ world, put, taken, firstLine }: SinkOptions) {
    this.#world = world
    this.#put = put
    this.#taken = taken
    this.#assembler = new EventAssembler(firstLine, (event) => {
      this.#queue.push(event)
      this.#bytes += event.bytes
    })
  }

  write(line: LogLine): Promise<void> | undefined {
    this.#lines += 1
    this.#assembler.add(line, this.#lines)
    if (this.#assembler.isOpen) this.#completeLater()
    this.#schedule()
    if (this.#bytes < BUFFER_BYTES_MAX || this.#abort.signal.aborted) return undefined
    this.#room ??= Promise.withResolvers<void>()
    return this.#room.promise
  }

  async flush(): Promise<void> {
    this.#complete()
    // Of one that was let go of nothing is put any more, however much there is.
    while (!this.#abort.signal.aborted && (this.#putting !== undefined || this.#queue.length > 0)) await this.#start()
  }

  close(): void {
    this.#abort.abort(new Error("the log is let go of"))
    this.#lingering?.()
    this.#completing?.()
    this.#queue = []
    this.#makeRoom()
  }

  #schedule(): void {
    if (this.#putting !== undefined) return
    if (this.#queue.length === 0) this.#tell()
    else if (this.#bytes >= BATCH_BYTES_MAX) void this.#start()
    else this.#lingering ??= this.#world.after(LINGER_MS, () => void this.#start())
  }

  /** An event of several lines is complete when no line has followed for a while. */
  #completeLater(): void {
    this.#completing?.()
    this.#completing = this.#world.after(COMPLETE_MS, () => this.#complete())
  }

  #complete(): void {
    this.#completing?.()
    this.#completing = undefined
    this.#assembler.flush()
    this.#schedule()
  }

  #start(): Promise<void> {
    this.#lingering?.()
    this.#lingering = undefined
    this.#putting ??= this.#putAll().finally(() => {
      this.#putting = undefined
    })
    return this.#putting
  }

  async #putAll(): Promise<void> {
    const { signal } = this.#abort
    while (this.#queue.length > 0 && !signal.aborted) {
      const batch = this.#queue.splice(0, batchLength(this.#queue))
      await this.#put(batch, signal)
      if (signal.aborted) return
      for (const { bytes } of batch) this.#bytes -= bytes
      this.#makeRoom()
      this.#taken(batch.at(-1)!.lines)
      if (this.#queue.length === 0) this.#tell()
    }
  }

  /** Nothing waits in the queue: all is taken but the lines of an event that is not complete. */
  #tell(): void {
    if (!this.#assembler.isOpen) this.#taken(this.#lines)
  }

  #makeRoom(): void {
    if (this.#bytes >= BUFFER_BYTES_MAX && !this.#abort.signal.aborted) return
    this.#room?.resolve()
    this.#room = undefined
  }
}

export interface SinkOptions {
  readonly world: World
  readonly put: Put
  readonly taken: (count: number) => void
  readonly firstLine: RegExp | undefined
}

/** So that a line can be found within a tenth of a second, and a busy container still fills its batches. */
const LINGER_MS = 20
const COMPLETE_MS = 1_000
const BUFFER_BYTES_MAX = 4 * BATCH_BYTES_MAX
