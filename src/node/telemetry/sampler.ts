import type { Cancel, World } from "../../world/world.ts"
import type { Engine } from "../engine/engine.ts"

export interface SamplerOptions {
  readonly world: World
  readonly engine: Pick<Engine, "stats">

  /** Ids of what runs at present. */
  readonly running: () => readonly string[]
  readonly sampled: (id: string, stats: NonNullable<Awaited<ReturnType<Engine["stats"]>>>) => void
  readonly intervalMs?: number
}

/**
 * Asks for what each running container uses, about once a second and spread over it. With very many containers the
 * rounds become longer instead of more work; an answer that is late is waited for, not asked for again.
 */
export class Sampler {
  readonly #options: SamplerOptions
  readonly #asked = new Set<string>()
  readonly #cancels = new Set<Cancel>()
  #isClosed = false

  constructor(options: SamplerOptions) {
    this.#options = options
    this.#round()
  }

  close(): void {
    this.#isClosed = true
    for (const cancel of this.#cancels) cancel()
    this.#cancels.clear()
  }

  #round(): void {
    const { running, intervalMs = 1_000 } = this.#options
    const ids = running()
    const roundMs = Math.max(intervalMs, (ids.length * 1_000) / SAMPLES_PER_SECOND_MAX)
    const batches = Math.min(ids.length, BATCHES_MAX)
    for (let batch = 0; batch < batches; batch++) {
      const some = ids.filter((_, index) => index % batches === batch)
      this.#after((roundMs * batch) / batches, () => {
        for (const id of some) void this.#sample(id)
      })
    }
    this.#after(roundMs, () => this.#round())
  }

  async #sample(id: string): Promise<void> {
    if (this.#asked.has(id)) return
    this.#asked.add(id)
    const { engine, sampled, world } = this.#options
    try {
      const stats = await engine.stats(id)
      if (stats !== undefined && !this.#isClosed) sampled(id, stats)
    } catch (error) {
      // The next sample is a second away, and how well the engine is, is told otherwise.
      world.log.debug("a container could not be measured", { id, error: String(error) })
    } finally {
      this.#asked.delete(id)
    }
  }

  #after(ms: number, task: () => void): void {
    if (this.#isClosed) return
    const cancel = this.#options.world.after(ms, () => {
      this.#cancels.delete(cancel)
      task()
    })
    this.#cancels.add(cancel)
  }
}

/** Rounds of ten batches; each costs a few files of the kernel for each container. */
const BATCHES_MAX = 10
const SAMPLES_PER_SECOND_MAX = 200
