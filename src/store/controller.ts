import { Queue } from "../base/queue.ts"
import type { Log } from "../world/log.ts"
import type { Cancel, Random, World } from "../world/world.ts"
import { accountOf, type ChangeSet, type Scope } from "./changes.ts"
import type { Store } from "./store.ts"
import type { AnyTable, Table } from "./table.ts"
import type { Tx } from "./transaction.ts"

/**
 * A loop that keeps something as it should be. A wake names a thing to look at, never what to do: `reconcile` reads
 * everything again and applies the difference, in one transaction. So a repeated wake costs little, and a missed one is
 * mended by the next.
 */
export interface Controller {
  readonly name: string
  readonly wakes: readonly Wakes[]

  /** Does a bounded piece of work on the thing called `key`, and asks to be woken again for the rest. */
  reconcile(turn: Turn, key: string): void
}

export interface Turn {
  /** The records of the account and region in which the wake arose. */
  readonly tx: Tx
  readonly now: number
  readonly random: Random
  readonly log: Log

  /** Asks for another turn, behind everyone who is waiting. */
  again(): void

  /** Asks for another turn at a wall time, or soon after. */
  wakeAt(time: number): void
}

/** Which keys a change of a table's record wakes. */
export interface Wakes {
  readonly table: AnyTable
  readonly keysOf: (record: object) => string | readonly string[] | undefined
}

export function controller(definition: Controller): Controller {
  return definition
}

export function on<R extends object>(
  table: Table<R>,
  keysOf: (record: R) => string | readonly string[] | undefined,
): Wakes {
  return { table, keysOf: keysOf as Wakes["keysOf"] }
}

export interface ControllerStatus {
  readonly name: string

  /** Keys that wait for their turn. */
  readonly ready: number
  readonly turns: number
  readonly failures: number

  /** Keys whose last turn threw, with what it threw. */
  readonly failing: readonly {
    readonly scope: Scope
    readonly key: string
    readonly attempts: number
    readonly message: string
  }[]
}

/** Runs controllers: fairly over accounts, a few milliseconds at a time, and none of them can stop another. */
export class ControllerRunner {
  readonly #world: World
  readonly #store: Store
  readonly #loops: readonly Loop[]
  readonly #byTable = new Map<AnyTable, { loop: Loop; keysOf: Wakes["keysOf"] }[]>()

  /** Those who wait, by account; the account that has waited longest comes first. */
  readonly #lines = new Map<string, Queue<Wake>>()
  readonly #waiting = new Set<string>()
  readonly #later = new Map<string, Later>()
  readonly #recentTurns = new Map<string, number>()
  #recentSince = 0
  #resync: Iterator<void> | undefined
  #scheduled = false
  #running = false

  constructor(world: World, store: Store, controllers: readonly Controller[]) {
    this.#world = world
    this.#store = store
    this.#loops = controllers.map((definition) => ({ definition, ready: 0, turns: 0, failures: 0, failing: new Map() }))
    for (const loop of this.#loops) {
      for (const { table, keysOf } of loop.definition.wakes) {
        const wakes = this.#byTable.get(table) ?? []
        this.#byTable.set(table, wakes)
        wakes.push({ loop, keysOf })
      }
    }
    store.observe((set) => this.#changed(set))
  }

  /** Begins; every record there is wakes its controllers once, as nobody knows what was missed. */
  start(): void {
    this.#running = true
    this.#resync = this.#everything()
    this.#schedule()
  }

  stop(): void {
    this.#running = false
    for (const { cancel } of this.#later.values()) cancel()
    this.#later.clear()
    this.#lines.clear()
    this.#waiting.clear()
  }

  status(): readonly ControllerStatus[] {
    return this.#loops.map(({ definition: { name }, ready, turns, failures, failing }) => ({
      name,
      ready,
      turns,
      failures,
      failing: [...failing.values()],
    }))
  }

  #changed({ changes }: ChangeSet): void {
    if (!this.#running) return
    for (const { table, scope, before, after } of changes) {
      for (const { loop, keysOf } of this.#byTable.get(table) ?? []) {
        if (after !== undefined) this.#wakeAll(loop, scope, keysOf, after)
        // Who has lost a record has as much to do as who has won one.
        if (before !== undefined) this.#wakeAll(loop, scope, keysOf, before)
      }
    }
  }

  #wakeAll(loop: Loop, scope: Scope, keysOf: Wakes["keysOf"], record: object): void {
    let keys: ReturnType<Wakes["keysOf"]>
    try {
      keys = keysOf(record)
    } catch (error) {
      // The change itself stands; only this controller does not hear of it.
      this.#failed(loop, scope, "(no key)", error)
      return
    }
    if (keys === undefined) return
    if (typeof keys === "string") this.#wake(loop, scope, keys)
    else for (const key of keys) this.#wake(loop, scope, key)
  }

  #wake(loop: Loop, scope: Scope, key: string): void {
    const id = `${loop.definition.name}\n${scope}\n${key}`
    if (this.#waiting.has(id)) return
    // What has just failed is tried again when its time comes, whatever happens meanwhile.
    if (loop.failing.has(id) && this.#later.has(id)) return
    this.#waiting.add(id)
    loop.ready += 1
    const account = accountOf(scope)
    let line = this.#lines.get(account)
    if (line === undefined) {
      line = new Queue()
      this.#lines.set(account, line)
    }
    line.push({ id, loop, scope, key })
    this.#schedule()
  }

  #schedule(ms = 0): void {
    if (this.#scheduled || !this.#running) return
    this.#scheduled = true
    this.#world.after(ms, () => {
      this.#scheduled = false
      this.#turn()
    })
  }

  /** Serves one key of each account in turn until the time is used up; the rest goes on after whoever else waits. */
  #turn(): void {
    if (!this.#running || !this.#store.leads) return
    if (this.#store.isBehind) {
      this.#schedule(BEHIND_MS)
      return
    }
    const end = this.#world.monotonic() + TURN_MS_MAX
    for (let served = 0; served < TURN_KEYS_MAX && this.#world.monotonic() < end; served++) {
      if (this.#resync !== undefined && this.#waiting.size < RESYNC_WAITING_MAX) this.#resyncSome()
      const [first] = this.#lines
      if (first === undefined) break
      const [account, line] = first
      const wake = line.shift()!
      this.#lines.delete(account)
      if (line.length > 0) this.#lines.set(account, line)
      this.#waiting.delete(wake.id)
      wake.loop.ready -= 1
      if (this.#isRestless(wake)) this.#wakeLater(wake, this.#world.now() + RESTLESS_MS)
      else this.#serve(wake)
    }
    if (this.#lines.size > 0 || this.#resync !== undefined) this.#schedule()
  }

  #serve(wake: Wake): void {
    const { id, loop, scope, key } = wake
    this.#later.get(id)?.cancel()
    this.#later.delete(id)
    let asked = false
    let wakeTime: number | undefined
    const { random, log } = this.#world
    const outcome = this.#store.attempt(scope, (tx) =>
      loop.definition.reconcile(
        {
          tx,
          now: this.#world.now(),
          random,
          log,
          again: () => {
            asked = true
          },
          wakeAt: (time) => {
            wakeTime = Math.min(time, wakeTime ?? time)
          },
        },
        key,
      ),
    )
    loop.turns += 1
    if (!outcome.ok) {
      const attempts = this.#failed(loop, scope, key, outcome.error)
      this.#wakeLater(wake, this.#world.now() + Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** Math.min(attempts - 1, 16)))
      return
    }
    loop.failing.delete(id)
    if (asked) this.#wake(loop, scope, key)
    else if (wakeTime !== undefined && !this.#waiting.has(id)) this.#wakeLater(wake, wakeTime)
  }

  /** Makes a failure visible; says how many there were in a row. */
  #failed(loop: Loop, scope: Scope, key: string, error: unknown): number {
    const { name: controller } = loop.definition
    const id = `${controller}\n${scope}\n${key}`
    const attempts = (loop.failing.get(id)?.attempts ?? 0) + 1
    const message = error instanceof Error ? error.message : String(error)
    loop.failures += 1
    loop.failing.set(id, { scope, key, attempts, message })
    const stack = error instanceof Error ? error.stack : message
    this.#world.log.error("a controller failed", { controller, scope, key, attempts, error: stack })
    return attempts
  }

  /** A controller that always finds something to change wakes itself for ever; it then gets its turns slowly. */
  #isRestless({ id, loop, key }: Wake): boolean {
    const now = this.#world.monotonic()
    if (now - this.#recentSince >= RESTLESS_MS) {
      this.#recentTurns.clear()
      this.#recentSince = now
    }
    const turns = (this.#recentTurns.get(id) ?? 0) + 1
    this.#recentTurns.set(id, turns)
    if (turns === RESTLESS_TURNS) {
      this.#world.log.warn("a controller comes to no rest and is slowed down", {
        controller: loop.definition.name,
        key,
      })
    }
    return turns >= RESTLESS_TURNS
  }

  #wakeLater(wake: Wake, time: number): void {
    this.#later.get(wake.id)?.cancel()
    const look = () => {
      // Wall time may jump, so nobody sleeps longer than a minute without looking at the clock again.
      const ms = Math.min(Math.max(time - this.#world.now(), 1), LOOK_AGAIN_MS)
      const cancel = this.#world.after(ms, () => {
        if (this.#world.now() < time) return look()
        this.#later.delete(wake.id)
        this.#wake(wake.loop, wake.scope, wake.key)
      })
      this.#later.set(wake.id, { cancel })
    }
    look()
  }

  #resyncSome(): void {
    for (let looked = 0; this.#resync !== undefined && looked < RESYNC_RECORDS; looked++) {
      if (this.#resync.next().done) this.#resync = undefined
    }
  }

  *#everything(): Generator<void> {
    for (const [table, wakes] of this.#byTable) {
      for (const [scope, record] of this.#store.everyRecord(table)) {
        for (const { loop, keysOf } of wakes) this.#wakeAll(loop, scope, keysOf, record)
        yield
      }
    }
  }
}

const TURN_MS_MAX = 8
const TURN_KEYS_MAX = 512
const BEHIND_MS = 20

/** At a start nobody has been looked at; so many are woken at a time, and no more while many wait. */
const RESYNC_RECORDS = 64
const RESYNC_WAITING_MAX = 2_000
const RETRY_MS = 1_000
const RETRY_MS_MAX = 60_000
const LOOK_AGAIN_MS = 60_000
const RESTLESS_MS = 1_000
const RESTLESS_TURNS = 5_000

interface Loop {
  readonly definition: Controller
  readonly failing: Map<string, ControllerStatus["failing"][number]>
  ready: number
  turns: number
  failures: number
}

interface Wake {
  readonly id: string
  readonly loop: Loop
  readonly scope: Scope
  readonly key: string
}

interface Later {
  readonly cancel: Cancel
}
