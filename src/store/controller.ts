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
  readonly #lines = new Map<string, Queue<Wake>>()
  readonly #waiting = new Map<string, Wake>()
  readonly #later = new Map<string, Cancel>()
  readonly #recentTurns = new Map<string, number>()
  #recentSince = 0
  #resync: Iterator<void> | undefined
  #scheduled = false
  #running = false

  constructor(world: World, store: Store, controllers: readonly Controller[]) {
    this.#world = world
    this.#store = store
    this.#loops = controllers.map((definition) => ({ definition, turns: 0, failures: 0, failing: new Map() }))
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
    for (const cancel of this.#later.values()) cancel()
    this.#later.clear()
    this.#lines.clear()
    this.#waiting.clear()
  }

  status(): readonly ControllerStatus[] {
    const ready = new Map<Loop, number>()
    for (const { loop } of this.#waiting.values()) ready.set(loop, (ready.get(loop) ?? 0) + 1)
    return this.#loops.map((loop) => ({
      name: loop.definition.name,
      ready: ready.get(loop) ?? 0,
      turns: loop.turns,
      failures: loop.failures,
      failing: [...loop.failing.values()],
    }))
  }

  #changed({ changes }: ChangeSet): void {
    if (!this.#running) return
    for (const { table, scope, before, after } of changes) {
      const wakes = this.#byTable.get(table)
      if (wakes === undefined) continue
      for (const { loop, keysOf } of wakes) {
        if (after !== undefined) this.#wakeAll(loop, scope, keysOf(after))
        // Who has lost a record has as much to do as who has won one.
        if (before !== undefined) this.#wakeAll(loop, scope, keysOf(before))
      }
    }
  }

  #wakeAll(loop: Loop, scope: Scope, keys: string | readonly string[] | undefined): void {
    if (keys === undefined) return
    if (typeof keys === "string") this.#wake(loop, scope, keys)
    else for (const key of keys) this.#wake(loop, scope, key)
  }

  #wake(loop: Loop, scope: Scope, key: string): void {
    const id = `${loop.definition.name}\n${scope}\n${key}`
    if (this.#waiting.has(id)) return
    const wake: Wake = { id, loop, scope, key }
    this.#waiting.set(id, wake)
    const account = accountOf(scope)
    let line = this.#lines.get(account)
    if (line === undefined) {
      line = new Queue()
      this.#lines.set(account, line)
    }
    line.push(wake)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled || !this.#running) return
    this.#scheduled = true
    this.#world.after(0, () => {
      this.#scheduled = false
      this.#turn()
    })
  }

  /** Serves the accounts in turn, one key each, until the time is used up; the rest goes on after whoever else waits. */
  #turn(): void {
    if (!this.#running || !this.#store.leads) return
    const end = this.#world.monotonic() + TURN_MS_MAX
    this.#resyncSome()
    let served = 0
    while (this.#lines.size > 0 && served < TURN_KEYS_MAX && this.#world.monotonic() < end) {
      for (const [account, line] of this.#lines) {
        const wake = line.shift()!
        if (line.length === 0) this.#lines.delete(account)
        this.#waiting.delete(wake.id)
        if (this.#isRestless(wake)) this.#wakeLater(wake, RESTLESS_MS)
        else this.#serve(wake)
        if (++served >= TURN_KEYS_MAX) break
      }
    }
    if (this.#lines.size > 0 || this.#resync !== undefined) this.#schedule()
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

  #serve(wake: Wake): void {
    const { id, loop, scope, key } = wake
    const { name } = loop.definition
    this.#later.get(id)?.()
    this.#later.delete(id)
    let asked = false
    let wakeTime: number | undefined
    const outcome = this.#store.attempt(scope, (tx) =>
      loop.definition.reconcile(
        {
          tx,
          now: this.#world.now(),
          random: this.#world.random,
          log: this.#world.log,
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
    if (outcome.ok) {
      loop.failing.delete(id)
      if (asked) this.#wake(loop, scope, key)
      else if (wakeTime !== undefined) this.#wakeLater(wake, wakeTime - this.#world.now())
      return
    }
    loop.failures += 1
    const attempts = (loop.failing.get(id)?.attempts ?? 0) + 1
    const message = outcome.error instanceof Error ? outcome.error.message : String(outcome.error)
    loop.failing.set(id, { scope, key, attempts, message })
    this.#world.log.error("a controller's turn failed and will be tried again", {
      controller: name,
      scope,
      key,
      attempts,
      error: outcome.error instanceof Error ? outcome.error.stack : message,
    })
    this.#wakeLater(wake, Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** Math.min(attempts - 1, 16)))
  }

  #wakeLater(wake: Wake, ms: number): void {
    this.#later.get(wake.id)?.()
    // Wall time may jump, so nobody sleeps longer than a minute without looking at it again.
    const cancel = this.#world.after(Math.min(Math.max(ms, 1), LOOK_AGAIN_MS), () => {
      this.#later.delete(wake.id)
      this.#wake(wake.loop, wake.scope, wake.key)
    })
    this.#later.set(wake.id, cancel)
  }

  #resyncSome(): void {
    for (let looked = 0; this.#resync !== undefined && looked < RESYNC_RECORDS_PER_TURN; looked++) {
      if (this.#resync.next().done) this.#resync = undefined
    }
  }

  *#everything(): Generator<void> {
    for (const [table, wakes] of this.#byTable) {
      for (const [scope, record] of this.#store.everyRecord(table)) {
        for (const { loop, keysOf } of wakes) this.#wakeAll(loop, scope, keysOf(record))
        yield
      }
    }
  }
}

const TURN_MS_MAX = 8
const TURN_KEYS_MAX = 512
const RESYNC_RECORDS_PER_TURN = 2_000
const RETRY_MS = 1_000
const RETRY_MS_MAX = 60_000
const LOOK_AGAIN_MS = 60_000
const RESTLESS_MS = 1_000
const RESTLESS_TURNS = 5_000

interface Loop {
  readonly definition: Controller
  readonly failing: Map<string, ControllerStatus["failing"][number]>
  turns: number
  failures: number
}

interface Wake {
  readonly id: string
  readonly loop: Loop
  readonly scope: Scope
  readonly key: string
}
