import { newHex } from "../../world/ids.ts"
import type { Cancel, World } from "../../world/world.ts"
import type { AgentState } from "../agent/records.ts"
import type { LogChunk, LogPosition, LogSource } from "../engine/log-source.ts"
import type { LogDriver, LogLine, LogSink, LogTarget } from "./driver.ts"
import { LineSplitter } from "./line-splitter.ts"
import { type LogPlace, readPlace, writePlace } from "./place.ts"

export interface FollowingOptions {
  readonly world: World
  readonly state: Pick<AgentState, "logPosition" | "putLogPosition">
  readonly source: LogSource
  readonly driver: LogDriver
  readonly target: LogTarget
}

/**
 * One container's log on its way. It is read only as fast as the sink takes it, and where it stands is written down only
 * when everything before is kept: whatever ends this process, the next goes on from there.
 */
export class Following {
  readonly #options: FollowingOptions
  readonly #splitters: Readonly<Record<LogLine["stream"], LineSplitter>>
  readonly #sink: LogSink | undefined
  readonly #abort = new AbortController()

  /** Places that are reached when so many lines are taken, in order. */
  #checkpoints: { readonly lines: number; readonly place: LogPlace }[] = []
  #position: LogPosition | undefined
  #lines = 0
  #taken = 0
  #full: Promise<void> | undefined
  #reading: Promise<void> | undefined
  #again = false
  #reached: LogPlace | undefined
  #noteLater: Cancel | undefined
  #released: LogPosition | undefined

  constructor(options: FollowingOptions) {
    this.#options = options
    const { world, state, driver, target } = options
    const place = readPlace(state.logPosition(target.container.id))
    this.#position = place.position
    const newId = () => newHex(world.random, 64)
    const emit = (line: LogLine) => this.#write(line)
    this.#splitters = {
      stdout: new LineSplitter("stdout", { tail: place.tails.stdout, newId, emit }),
      stderr: new LineSplitter("stderr", { tail: place.tails.stderr, newId, emit }),
    }
    this.#sink = driver.open(target, (count) => this.#take(count))
  }

  /**
   * Reads on, also when the container was started again while its end was being read. Resolves at the end of what there
   * is to be read, which a running container has not.
   */
  async read(): Promise<void> {
    this.#again = true
    this.#reading ??= this.#readOn()
    await this.#reading
  }

  /** Resolves when all that was written is kept. */
  async finish(): Promise<void> {
    await this.read()
    await this.#sink?.flush()
    this.#note()
  }

  close(): void {
    this.#abort.abort(new Error("the log is let go of"))
    this.#note()
    this.#sink?.close()
  }

  async #readOn(): Promise<void> {
    const { world, source, target } = this.#options
    const { signal } = this.#abort
    while (this.#again && !signal.aborted) {
      this.#again = false
      try {
        for await (const chunk of source.read(this.#position, signal)) await this.#chunk(chunk)
      } catch (error) {
        if (signal.aborted) break
        // The engine may be away for a while; what was written meanwhile is still there when it is back.
        world.log.warn("a container's log cannot be read", { container: target.container.id, error: String(error) })
        await new Promise<void>((resolve) => world.after(READ_AGAIN_MS, resolve))
        this.#again = true
      }
    }
    this.#reading = undefined
    if (!signal.aborted) this.#end()
  }

  async #chunk({ stream, bytes, at, next, lostBytes }: LogChunk): Promise<void> {
    this.#position = next
    if (lostBytes > 0) this.#tellLoss(stream, lostBytes, at)
    if (this.#sink === undefined) {
      this.#reach({ position: next, tails: NO_TAILS })
      return
    }
    this.#splitters[stream].push(bytes, at)
    this.#checkpoint()
    await this.#full
    this.#full = undefined
  }

  /** A container that has ended says no more, so what it said last is a line. */
  #end(): void {
    const at = this.#options.world.now()
    this.#splitters.stdout.end(at)
    this.#splitters.stderr.end(at)
    this.#checkpoint()
  }

  #tellLoss(stream: LogLine["stream"], bytes: number, at: number): void {
    const { world, target } = this.#options
    this.#splitters[stream].end(at)
    world.log.warn("a part of a container's log was dropped, as it could not be kept in time", {
      task: target.task.arn,
      container: target.container.name,
      stream,
      bytes,
    })
  }

  #write(line: LogLine): void {
    if (this.#abort.signal.aborted) return
    this.#lines += 1
    this.#full = this.#sink!.write(line) ?? this.#full
  }

  #checkpoint(): void {
    const { stdout, stderr } = this.#splitters
    const place = { position: this.#position, tails: { stdout: stdout.tail, stderr: stderr.tail } }
    // Only the last place of as many lines matters.
    if (this.#checkpoints.at(-1)?.lines === this.#lines) this.#checkpoints.pop()
    this.#checkpoints.push({ lines: this.#lines, place })
    this.#take(this.#taken)
  }

  #take(count: number): void {
    this.#taken = count
    const pending = this.#checkpoints.findIndex(({ lines }) => lines > count)
    const reached = pending === -1 ? this.#checkpoints.length : pending
    if (reached === 0) return
    const { place } = this.#checkpoints[reached - 1]!
    this.#checkpoints.splice(0, reached)
    this.#reach(place)
  }

  #reach(place: LogPlace): void {
    this.#reached = place
    if (this.#abort.signal.aborted) return
    this.#noteLater ??= this.#options.world.after(NOTE_MS, () => this.#note())
  }

  /** Writes down what was reached; a busy log's place is written a few times a second, not with each batch. */
  #note(): void {
    const { world, state, source, target } = this.#options
    this.#noteLater?.()
    this.#noteLater = undefined
    const place = this.#reached
    if (place === undefined) return
    this.#reached = undefined
    state.putLogPosition(target.container.id, writePlace(place))
    if (place.position === undefined || place.position === this.#released) return
    this.#released = place.position
    source.release(place.position).catch((error) => {
      world.log.debug("room of a log could not be given back", { container: target.container.id, error: String(error) })
    })
  }
}

const NO_TAILS = { stdout: new Uint8Array(0), stderr: new Uint8Array(0) }
const NOTE_MS = 200
const READ_AGAIN_MS = 1_000
