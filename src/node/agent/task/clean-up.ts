import type { TaskRecord } from "../records.ts"
import { Gate } from "./gate.ts"
import { planImageCleanup, removeImage } from "./image-cleanup.ts"
import type { Parts } from "./parts.ts"
import { removeTask } from "./release.ts"
import type { Rounds } from "./rounds.ts"

export interface CleanUpOptions {
  readonly parts: Parts
  readonly rounds: Rounds
  readonly signal: AbortSignal

  /** Whether a stopped task has given back what it held of the machine. */
  readonly isReleased: (arn: string) => boolean

  /** Nothing of it is left but its record. */
  readonly removed: (task: TaskRecord) => void
}

/** Takes away what stopped tasks have left, once it was kept for long enough, and images that nobody uses. */
export class CleanUp {
  readonly #options: CleanUpOptions
  readonly #removing = new Set<string>()
  readonly #removals = new Gate(REMOVALS_MAX)

  constructor(options: CleanUpOptions) {
    this.#options = options
  }

  start(): void {
    const { rounds, parts } = this.#options
    const { isCleaned, everyMs } = parts.settings.images
    rounds.every(SWEEP_MS, () => this.#sweep())
    if (isCleaned) rounds.every(everyMs, () => this.#cleanImages())
  }

  async #sweep(): Promise<void> {
    const { parts, rounds, isReleased } = this.#options
    const { state, world, settings, diskUse } = parts
    const now = world.now()
    for (const task of [...state.tasks.values()]) {
      if (task.knownStatus !== "STOPPED" || task.stoppedAt === undefined || this.#removing.has(task.arn)) continue
      const wait = task.sent.status === "STOPPED" ? settings.keepStoppedMs : settings.keepUnsentMs
      if (now - task.stoppedAt < wait || !isReleased(task.arn)) continue
      // Its logs may take their time, which the others need not wait for.
      this.#removing.add(task.arn)
      rounds.later(0, () => this.#removals.enter(() => this.#remove(task)))
    }
    const { isCleaned, diskUseMax } = settings.images
    if (isCleaned && ((await diskUse?.()) ?? 0) > diskUseMax) await this.#cleanImages()
  }

  async #remove(task: TaskRecord): Promise<void> {
    const { parts, signal, removed } = this.#options
    try {
      await removeTask(parts, task, signal)
    } finally {
      this.#removing.delete(task.arn)
    }
    removed(task)
  }

  /** One that cannot go does not keep the others from going. */
  async #cleanImages(): Promise<void> {
    const { state, engine, world, settings, diskUse } = this.#options.parts
    const { images } = settings
    let left = images.removedPerRoundMax
    for (const old of planImageCleanup(
      state.images.values(),
      state.tasks.values(),
      images,
      world.now(),
      await diskUse?.(),
    )) {
      if (left === 0) return
      try {
        if (!(await removeImage(engine.images, state, old))) continue
        left -= 1
        world.log.info("an image was removed", { image: old.reference })
      } catch (error) {
        world.log.warn("an image could not be removed", { image: old.reference, error })
      }
    }
  }
}

const REMOVALS_MAX = 8
const SWEEP_MS = 30_000
