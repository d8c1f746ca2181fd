import { EXIT } from "./exit.ts"

/** A process of ours, from its start to its end. */
export interface Child {
  /** Asks it to end; it may take its time. */
  stop(): void
  kill(): void
  readonly ended: Promise<Ended>
}

export interface Ended {
  /** A number when it ended by itself, the name of a signal, or why it could not be started. */
  readonly code: number | string

  /** What it said last of why it ends; empty when it said nothing. */
  readonly reason: string
}

export interface KeeperOptions {
  /** As in "The region ended …". */
  readonly name: string

  /** `answers` is called when it has become of use. */
  readonly start: (answers: () => void) => Child
  readonly say: (line: string) => void
}

/** Keeps one process running until it is told to stop, or the process refuses to run. */
export class Keeper {
  readonly #options: KeeperOptions
  #child: Child | undefined
  #stopping = false
  #wake = () => {}

  constructor(options: KeeperOptions) {
    this.#options = options
  }

  stop(): void {
    this.#stopping = true
    this.#child?.stop()
    setTimeout(() => this.#child?.kill(), STOP_MS_MAX).unref()
    this.#wake()
  }

  /** Resolves with the exit code of the last of its lives. */
  async keep(): Promise<number> {
    const { name, start, say } = this.#options
    for (let failures = 0; ; failures++) {
      if (this.#stopping) return EXIT.ok
      let answersSince: number | undefined
      this.#child = start(() => {
        answersSince = performance.now()
      })
      const { code, reason } = await this.#child.ended
      this.#child = undefined
      if (code === EXIT.ok) return code
      // It may have been told before it could listen to signals, or hung; it has ended, as was asked.
      if (this.#stopping) return typeof code === "number" ? code : EXIT.ok
      const why = reason !== "" ? reason : typeof code === "number" ? `exit code ${code}` : code
      if (code === EXIT.refused || code === EXIT.usage) {
        say(why)
        return code
      }
      if (answersSince !== undefined && performance.now() - answersSince > STEADY_MS) failures = 0
      const pause = Math.min(PAUSE_MS * 2 ** failures, PAUSE_MS_MAX)
      say(`The ${name} ended (${why}); starting it again in ${pause / 1000} s.`)
      await this.#pause(pause)
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

const PAUSE_MS = 250
const PAUSE_MS_MAX = 30_000

/** More than a region takes to end by itself. */
const STOP_MS_MAX = 25_000

/** Who has run this long is not failing at its start. */
const STEADY_MS = 60_000
