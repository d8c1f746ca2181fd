import type { World } from "../../../world/world.ts"

/** Who waits for containers to end, each for so long. */
export class EndWaiters {
  readonly #world: Pick<World, "after">
  readonly #waiting = new Map<string, Set<() => void>>()

  constructor(world: Pick<World, "after">) {
    this.#world = world
  }

  /** True when it was told to have ended within the time. */
  wait(name: string, ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(name) ?? new Set()
      this.#waiting.set(name, waiting)
      const end = (isEnded: boolean) => {
        cancel()
        waiting.delete(ended)
        resolve(isEnded)
      }
      const ended = () => end(true)
      const cancel = this.#world.after(ms, () => end(false))
      waiting.add(ended)
    })
  }

  tell(name: string): void {
    for (const ended of [...(this.#waiting.get(name) ?? [])]) ended()
  }

  /** Nobody waits any longer. */
  close(): void {
    for (const name of this.#waiting.keys()) this.tell(name)
  }
}
