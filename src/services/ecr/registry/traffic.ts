import { Admission } from "../../../aws/admission.ts"
import type { FrontDoorMetrics } from "../../../aws/front-door.ts"

/** What the registry is asked: kept within bounds, in all and for each account, and counted, as the front door does. */
export class Traffic {
  readonly #admission: Admission
  readonly #counts = new Map<string, FrontDoorMetrics["requests"][number] & { count: number }>()

  constructor(admission: Admission = new Admission({ all: 8_192, perAccount: 2_048 })) {
    this.#admission = admission
  }

  get inFlight(): number {
    return this.#admission.inFlight
  }

  get requests(): FrontDoorMetrics["requests"] {
    return [...this.#counts.values()]
  }

  /** Undefined when there is too much under way already. */
  enter(): Passing | undefined {
    return this.#admission.enter() ? new Passing(this.#admission) : undefined
  }

  /** What was asked for is one of few: callers must not be able to fill the memory with others. */
  count(operation: string, status: number): void {
    const key = `${operation} ${status}`
    const counted = this.#counts.get(key)
    if (counted !== undefined) counted.count += 1
    else this.#counts.set(key, { service: "registry", operation, status, count: 1 })
  }
}

/** One request on its way. */
export class Passing {
  readonly #admission: Admission
  #account: string | undefined
  #isOver = false

  /** As in `GET manifests`; empty until it is known. */
  operation = ""

  constructor(admission: Admission) {
    this.#admission = admission
  }

  /** Throws when the account has its share under way already; all who are not logged in have one together. */
  enterAccount(account: string): void {
    this.#admission.enterAccount(account)
    this.#account = account
  }

  leave(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#admission.leave(this.#account)
  }
}
