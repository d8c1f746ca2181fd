import type { LogLine } from "../driver.ts"
import { cutBefore } from "../line-splitter.ts"

/** What CloudWatch Logs keeps, and up to which line of its source it goes. */
export interface PendingEvent {
  readonly timestamp: number
  readonly message: string
  readonly bytes: number
  readonly lines: number
}

/**
 * Makes events of lines: each line is one, or, with a pattern, all from one line that matches it to the next. A line that
 * comes in pieces is put together again, as far as an event may be long.
 */
export class EventAssembler {
  readonly #firstLine: RegExp | undefined
  readonly #emit: (event: PendingEvent) => void
  #open: { readonly timestamp: number; parts: Uint8Array[]; bytes: number; lines: number } | undefined

  /** Of the line that the last piece belongs to; without a pattern the other stream's line is an event of its own. */
  #lineId: string | undefined

  constructor(firstLine: RegExp | undefined, emit: (event: PendingEvent) => void) {
    this.#firstLine = firstLine
    this.#emit = emit
  }

  /** Whether an event waits for its next line. */
  get isOpen(): boolean {
    return this.#open !== undefined
  }

  /** `lines` is how many there were, with this one. */
  add({ bytes, at, part }: LogLine, lines: number): void {
    const timestamp = Math.floor(at)
    const isContinued =
      part !== undefined && part.ordinal > 1 && (this.#firstLine !== undefined || part.id === this.#lineId)
    this.#lineId = part?.id
    if (!isContinued && this.#begins(bytes)) this.flush()
    if (this.#firstLine === undefined && part === undefined) {
      this.#emitAll(bytes, timestamp, lines)
      return
    }
    this.#open ??= { timestamp, parts: [], bytes: 0, lines }
    const open = this.#open
    if (open.bytes + bytes.length + 1 > EVENT_BYTES_MAX) {
      this.flush()
      this.#open = { timestamp, parts: [bytes], bytes: bytes.length, lines }
    } else {
      if (open.parts.length > 0 && !isContinued) open.parts.push(NEWLINE)
      open.parts.push(bytes)
      open.bytes += bytes.length + 1
      open.lines = lines
    }
    if (this.#firstLine === undefined && part?.isLast === true) this.flush()
  }

  /** Whether a line with this beginning is not of the event before it. */
  #begins(bytes: Uint8Array): boolean {
    return this.#firstLine === undefined || this.#firstLine.test(decoder.decode(bytes))
  }

  /** The event that waits is complete as it is. */
  flush(): void {
    const open = this.#open
    this.#open = undefined
    if (open !== undefined) this.#emitAll(Buffer.concat(open.parts), open.timestamp, open.lines)
  }

  /** CloudWatch Logs takes no event without a message, and none that is too long. */
  #emitAll(bytes: Uint8Array, timestamp: number, lines: number): void {
    for (let rest = bytes; rest.length > 0; ) {
      const cut = rest.length > EVENT_BYTES_MAX ? cutBefore(rest, EVENT_BYTES_MAX) : rest.length
      const isLast = cut === rest.length
      const message = decoder.decode(rest.subarray(0, cut))
      rest = rest.subarray(cut)
      // What was no UTF-8 is longer once it is.
      const length = Buffer.byteLength(message)
      this.#emit({ timestamp, message, bytes: length + EVENT_OVERHEAD_BYTES, lines: isLast ? lines : lines - 1 })
    }
  }
}

const decoder = new TextDecoder()
const NEWLINE = new TextEncoder().encode("\n")

/** As CloudWatch Logs counts. */
export const EVENT_OVERHEAD_BYTES = 26
export const EVENT_BYTES_MAX = 262_144 - EVENT_OVERHEAD_BYTES
