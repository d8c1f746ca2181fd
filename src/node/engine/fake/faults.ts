import { sleep, type World } from "../../../world/world.ts"
import { EngineError } from "../engine-error.ts"

/** What an engine is asked for, as faults name it. */
export type Operation =
  | "createTask"
  | "removeTask"
  | "createNetwork"
  | "removeNetwork"
  | "create"
  | "start"
  | "signal"
  | "remove"
  | "exec"
  | "list"
  | "inspect"
  | "stats"
  | "serve"
  | "images"
  | "volumes"

export interface Fault {
  readonly operation: Operation
  readonly error: EngineError

  /** Only what concerns this container, network, task, image or volume. */
  readonly id?: string

  /** How often; once when it does not say. */
  readonly times?: number

  /** The work is done all the same, and only the answer is lost. */
  readonly done?: boolean
}

/** Faults that wait for the operation that they are meant for. */
export class Faults {
  readonly #world: World
  #waiting: Fault[] = []

  /** How long an operation takes before it does its work; those that are not named take no time. */
  readonly delays = new Map<Operation, number>()

  /** While it is true the runtime does not answer; what runs, runs on. */
  down = false

  constructor(world: World) {
    this.#world = world
  }

  add(fault: Fault): void {
    this.#waiting.push(...Array<Fault>(fault.times ?? 1).fill(fault))
  }

  clear(): void {
    this.#waiting = []
  }

  /** Does the work, unless a fault is in the way. */
  async meet<Answer>(operation: Operation, id: string, work: () => Answer | Promise<Answer>): Promise<Answer> {
    const delay = this.delays.get(operation)
    if (delay !== undefined) await sleep(this.#world, delay)
    if (this.down) throw new EngineError("unavailable", "The containers' runtime does not answer.")
    const index = this.#waiting.findIndex((fault) => fault.operation === operation && (fault.id ?? id) === id)
    if (index < 0) return work()
    const [fault] = this.#waiting.splice(index, 1)
    if (fault!.done === true) await work()
    throw fault!.error
  }
}
