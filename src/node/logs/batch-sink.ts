import { type Cancel, sleep, type World } from "../../world/world.ts"
import type { LogLine, LogSink, LogTarget } from "./driver.ts"

export interface BatchSinkOptions {
  readonly world: World
  readonly target: LogTarget
  readonly taken: (count: number) => void

  /** Resolves when the lines are where they shall be; rejects when that has to be tried again. */
  readonly deliver: (lines: readonly LogLine[]) => Promise<void>

  /** Lets go of what `deliver` holds open. It can be called again afterwards. */
  readonly reset: () => Promise<void>
}

/** Gathers lines for a moment and delivers one batch after the other, each until it has arrived. */
export class BatchSink implements LogSink {
  readonly #options: BatchSinkOptions
  readonly #abort = new AbortController()
  #queue: LogLine[] = []
  #bytes = 0
  #lines = 0
  #delivering: Promise<void> | undefined
  #lingering: Cancel | undefined

  constructor(options: BatchSinkOptions) {
    this.#options = options
  }

  write(line: LogLine): Promise<void> | undefined {
    this.#lines += 1
    this.#queue.push(line)
    this.#bytes += line.bytes.length
    if (this.#delivering === undefined) {
      this.#lingering ??= this.#options.world.after(LINGER_MS, () => void this.#start())
    }
    return this.#queue.length < LINES_MAX && this.#bytes < BYTES_MAX ? undefined : this.#start()
  }

  async flush(): Promise<void> {
    while (!this.#abort.signal.aborted && (this.#queue.length > 0 || this.#delivering !== undefined))
      await this.#start()
  }

  close(): void {
    this.#abort.abort(new Error("the log is let go of"))
    this.#lingering?.()
    // Who has stopped listening would otherwise keep what is open, and whoever waits for the delivery, for good.
    const giveUp = this.#options.world.after(CLOSE_MS, () => void this.#reset())
    void Promise.resolve(this.#delivering).then(() => {
      giveUp()
      return this.#reset()
    })
  }

  #start(): Promise<void> {
    this.#lingering?.()
    this.#lingering = undefined
    this.#delivering ??= this.#deliverAll().finally(() => {
      this.#delivering = undefined
    })
    return this.#delivering
  }

  async #deliverAll(): Promise<void> {
    while (this.#queue.length > 0 && !this.#abort.signal.aborted) {
      const [batch, lines] = [this.#queue, this.#lines]
      this.#queue = []
      this.#bytes = 0
      if (await this.#deliver(batch)) this.#options.taken(lines)
    }
  }

  /** A part of a batch may arrive twice, when another had to be tried again; none is left out. */
  async #deliver(batch: readonly LogLine[]): Promise<boolean> {
    const { world, target, deliver } = this.#options
    const { signal } = this.#abort
    for (let tries = 0; !signal.aborted; tries++) {
      try {
        await deliver(batch)
        return true
      } catch (error) {
        if (tries === 0) {
          const fields = { task: target.task.arn, container: target.container.name, driver: target.driver }
          world.log.warn("a log cannot be delivered", { ...fields, error: String(error) })
        }
      }
      await this.#reset()
      await sleep(world, Math.min(WAIT_MS_MAX, WAIT_MS * 2 ** Math.min(tries, 10)), signal).catch(() => {})
    }
    return false
  }

  #reset(): Promise<void> {
    return this.#options.reset().catch(() => {})
  }
}

const LINGER_MS = 10
const LINES_MAX = 5_000
const BYTES_MAX = 4 * 2 ** 20
const WAIT_MS = 250
const CLOSE_MS = 1_000
const WAIT_MS_MAX = 10_000
