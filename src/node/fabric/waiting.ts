import type { World } from "../../world/world.ts"

/** Those who wait until something is so; they are asked again whenever something has changed. */
export class Waiting {
  readonly #world: Pick<World, "after">
  readonly #waiters = new Set<() => void>()

  constructor(world: Pick<World, "after">) {
    this.#world = world
  }

  /** Resolves when it is so, or the time is over. */
  until(isSo: () => boolean, waitMs: number): Promise<void> {
    if (isSo()) return Promise.resolve()
    return new Promise((resolve) => {
      const end = () => {
        cancel()
        this.#waiters.delete(look)
        resolve()
      }
      const look = () => {
        if (isSo()) end()
      }
      const cancel = this.#world.after(waitMs, end)
      this.#waiters.add(look)
    })
  }

  look(): void {
    for (const look of [...this.#waiters]) look()
  }
}
