import type { HealthRecord, TaskRecord } from "../records.ts"
import { readDockerConfig } from "./docker-config.ts"
import { healthCheckOf } from "./health-check.ts"
import { monitorHealth } from "./health-monitor.ts"
import type { Launch } from "./launch.ts"
import { containerOf, definitionOf } from "./part-of-task.ts"
import type { Parts } from "./parts.ts"
import { patiently } from "./patience.ts"

/** Looks after the health of one task's containers, each from when it runs until it is told to end. */
export class HealthWatch {
  readonly #parts: Parts
  readonly #launch: Pick<Launch, "known">
  readonly #changed: (name: string, health: HealthRecord) => void
  readonly #watched = new Map<string, AbortController>()

  constructor(parts: Parts, launch: Pick<Launch, "known">, changed: (name: string, health: HealthRecord) => void) {
    this.#parts = parts
    this.#launch = launch
    this.#changed = changed
  }

  get names(): ReadonlySet<string> {
    return new Set(this.#watched.keys())
  }

  begin(task: TaskRecord, name: string): void {
    const abort = new AbortController()
    this.#watched.set(name, abort)
    this.#watch(task, name, abort.signal).catch((error) => {
      if (!abort.signal.aborted) this.#parts.world.log.error("a health check failed", { container: name, error })
    })
  }

  end(name: string): void {
    this.#watched.get(name)?.abort()
    this.#watched.delete(name)
  }

  close(): void {
    for (const abort of this.#watched.values()) abort.abort()
  }

  async #watch(task: TaskRecord, name: string, signal: AbortSignal): Promise<void> {
    const image = await patiently(this.#parts.world, signal, () => this.#launch.known(task, name))
    const asked = readDockerConfig(definitionOf(task, name).dockerConfig).healthCheck
    const check = healthCheckOf(asked, image?.config.healthCheck)
    if (check === undefined) return
    await monitorHealth(this.#parts, containerOf(task, name), check, signal, (health) => this.#changed(name, health))
  }
}
