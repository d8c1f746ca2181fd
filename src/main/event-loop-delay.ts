import { monitorEventLoopDelay } from "node:perf_hooks"

/** How late timers come, which is how long everybody waits before the one thread looks at them. */
export class EventLoopDelay {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })

  constructor() {
    this.#histogram.enable()
  }

  /** In seconds. */
  sinceLastAsked(): { mean: number; p99: number; max: number } {
    const { mean, max } = this.#histogram
    const p99 = this.#histogram.percentile(99)
    this.#histogram.reset()
    return { mean: delay(mean), p99: delay(p99), max: delay(max) }
  }

  stop(): void {
    this.#histogram.disable()
  }
}

const RESOLUTION_MS = 50

/** The histogram holds whole intervals between two timers, in nanoseconds, and nothing before the first of them. */
function delay(interval: number): number {
  return Number.isFinite(interval) ? Math.max(0, interval / 1e9 - RESOLUTION_MS / 1e3) : 0
}
