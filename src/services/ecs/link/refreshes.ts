/**
 * When the credentials of an agent's tasks are renewed, by task. All live equally long, so that the order in which they
 * were told is the order in which they are due, and nobody looks through those that are not.
 */
export class Refreshes {
  readonly #dueAt = new Map<string, number>()

  /** Before anything was told on this connection: how old what the agent has is, nobody knows. */
  unknown(taskArn: string, dueAt: number): void {
    if (!this.#dueAt.has(taskArn)) this.#dueAt.set(taskArn, dueAt)
  }

  told(taskArn: string, now: number): void {
    this.#dueAt.delete(taskArn)
    this.#dueAt.set(taskArn, now + REFRESH_MS)
  }

  drop(taskArn: string): void {
    this.#dueAt.delete(taskArn)
  }

  isDue(now: number): boolean {
    for (const dueAt of this.#dueAt.values()) return dueAt <= now
    return false
  }

  /** Those that are due, a bounded number of them. */
  *due(now: number): Generator<string> {
    let count = 0
    for (const [taskArn, dueAt] of this.#dueAt) {
      if (dueAt > now || count === COUNT_MAX) return
      count += 1
      yield taskArn
    }
  }
}

/** A sixth of their life: a region that is away for hours has not let them run out. */
const REFRESH_MS = 3_600_000
const COUNT_MAX = 32
