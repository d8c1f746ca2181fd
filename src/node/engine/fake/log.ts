import type { LogChunk, LogPosition, LogSource } from "../log-source.ts"

/** A container's log in memory: what was written, in order, with the place of each piece in its stream. */
export class FakeLog {
  #pieces: Piece[] = []
  #written: Offsets = { stdout: 0, stderr: 0 }
  #released: Offsets = { stdout: 0, stderr: 0 }
  #bytes = 0
  #ended = false
  readonly #bytesMax: number
  readonly #waiting = new Set<() => void>()

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  write(stream: "stdout" | "stderr", bytes: Uint8Array, at: number): void {
    const from = this.#written[stream]
    this.#written = { ...this.#written, [stream]: from + bytes.length }
    this.#pieces.push({ stream, bytes, at, from, next: this.#written })
    this.#bytes += bytes.length
    while (this.#bytes > this.#bytesMax && this.#pieces.length > 1) this.#bytes -= this.#pieces.shift()!.bytes.length
    this.#wake()
  }

  /** Of the container: it ends with each run, and begins again with the next. */
  set ended(ended: boolean) {
    this.#ended = ended
    this.#wake()
  }

  /** What an engine that was cut off reads from it never comes; `isCut` says so. */
  source(isCut: () => boolean): LogSource {
    return {
      read: (from, signal) => this.#read(from, signal, isCut),
      release: async (upTo) => {
        if (!isCut()) this.#release(parse(upTo))
      },
    }
  }

  async *#read(from: LogPosition | undefined, signal: AbortSignal, isCut: () => boolean): AsyncGenerator<LogChunk> {
    let position = from === undefined ? this.#released : parse(from)
    while (!signal.aborted) {
      const piece = isCut() ? undefined : this.#pieces.find(({ stream, from }) => from >= position[stream])
      if (piece !== undefined) {
        const { stream, bytes, at, next } = piece
        const lostBytes = piece.from - Math.max(position[stream], this.#released[stream])
        position = { ...position, [stream]: next[stream] }
        yield { stream, bytes, at, next: `${position.stdout}.${position.stderr}`, lostBytes }
      } else if (this.#ended && !isCut()) {
        return
      } else {
        await this.#more(signal)
      }
    }
  }

  #release(upTo: Offsets): void {
    this.#released = {
      stdout: Math.max(this.#released.stdout, upTo.stdout),
      stderr: Math.max(this.#released.stderr, upTo.stderr),
    }
    this.#pieces = this.#pieces.filter(({ stream, next }) => next[stream] > this.#released[stream])
    this.#bytes = this.#pieces.reduce((sum, { bytes }) => sum + bytes.length, 0)
  }

  #more(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        this.#waiting.delete(go)
        signal.removeEventListener("abort", go)
        resolve()
      }
      this.#waiting.add(go)
      signal.addEventListener("abort", go)
    })
  }

  #wake(): void {
    for (const go of [...this.#waiting]) go()
  }
}

interface Piece {
  readonly stream: "stdout" | "stderr"
  readonly bytes: Uint8Array
  readonly at: number
  readonly from: number

  /** Of both streams behind this piece. */
  readonly next: Offsets
}

type Offsets = Readonly<Record<"stdout" | "stderr", number>>

function parse(position: LogPosition): Offsets {
  const [stdout, stderr] = position.split(".").map(Number)
  return { stdout: stdout!, stderr: stderr! }
}
