import type { Told } from "./owed.ts"

/** A message of which nobody knows yet whether it has arrived. */
export interface Flight {
  readonly messageId: string
  readonly taskArn: string
  readonly told: Told
  readonly attempts: number

  /** Monotonic time from which it is sent again. */
  readonly retryAt: number
}

/** The messages about tasks that wait for their acknowledgement: at most one for each task, and few in all. */
export class Flights {
  readonly #byTask = new Map<string, Flight>()
  readonly #byMessage = new Map<string, Flight>()

  get hasRoom(): boolean {
    return this.#byTask.size < COUNT_MAX
  }

  of(taskArn: string): Flight | undefined {
    return this.#byTask.get(taskArn)
  }

  /** Notes that a message leaves, for the first time or again. */
  depart(flight: Omit<Flight, "attempts" | "retryAt">, now: number): void {
    const before = this.#byTask.get(flight.taskArn)
    const attempts = before?.messageId === flight.messageId ? before.attempts + 1 : 1
    if (before !== undefined) this.drop(before.taskArn)
    const departed: Flight = {
      ...flight,
      attempts,
      retryAt: now + Math.min(RETRY_MS * 2 ** (attempts - 1), RETRY_MS_MAX),
    }
    this.#byTask.set(departed.taskArn, departed)
    this.#byMessage.set(departed.messageId, departed)
  }

  /** What the message said that has now been acknowledged. */
  land(messageId: string): Flight | undefined {
    const flight = this.#byMessage.get(messageId)
    if (flight !== undefined) this.drop(flight.taskArn)
    return flight
  }

  drop(taskArn: string): void {
    const flight = this.#byTask.get(taskArn)
    if (flight === undefined) return
    this.#byTask.delete(taskArn)
    this.#byMessage.delete(flight.messageId)
  }

  /** The tasks whose message has been out for too long. */
  *late(now: number): Generator<string> {
    for (const { taskArn, retryAt } of this.#byTask.values()) if (retryAt <= now) yield taskArn
  }
}

/** An agent handles one message after the other; what is beyond this would only wait there instead of here. */
const COUNT_MAX = 32
const RETRY_MS = 5_000
const RETRY_MS_MAX = 120_000
