import type { Task } from "../src/services/ecs/tables/task.ts"
import { tasks } from "../src/services/ecs/tables/task.ts"
import type { ChangeSet } from "../src/store/changes.ts"
import type { Store } from "../src/store/store.ts"
import type { Tx } from "../src/store/transaction.ts"
import type { Invariant, Scene } from "./invariant/invariant.ts"
import type { Node } from "./node/node.ts"
import { shortArn, type Transcript } from "./transcript.ts"

/** What went against an invariant. */
export interface Breach {
  readonly invariant: string
  readonly what: string
}

/** Holds the state against the invariants: what a transaction touches at once, everything now and then. */
export class Checker {
  /** The first breach; whatever comes after it may well follow from it. */
  breach: Breach | undefined
  transactions = 0
  readonly #invariants: readonly Invariant[]
  readonly #nodes: readonly Node[]
  readonly #ran: ReadonlySet<string>
  readonly #transcript: Transcript
  readonly #now: () => number
  readonly #scopes = new Set<string>()
  #store: Store | undefined

  constructor(
    invariants: readonly Invariant[],
    {
      nodes,
      ran,
      transcript,
      now,
    }: {
      readonly nodes: readonly Node[]
      readonly ran: ReadonlySet<string>
      readonly transcript: Transcript
      readonly now: () => number
    },
  ) {
    this.#invariants = invariants
    this.#nodes = nodes
    this.#ran = ran
    this.#transcript = transcript
    this.#now = now
  }

  /** A new process has read what is durable. */
  opened(store: Store): void {
    this.#store = store
    for (const invariant of this.#invariants) invariant.reopened?.(this.#scene(invariant))
    store.observe((set) => {
      if (store === this.#store) this.#changed(set)
    })
  }

  /** No process runs: there is nothing to look at. */
  closed(): void {
    this.#store = undefined
  }

  checkWhole(): void {
    if (this.#store === undefined) return
    for (const invariant of this.#invariants) invariant.whole?.(this.#scene(invariant))
  }

  checkMachines(monotonic: number): void {
    const store = this.#store
    const read = <T>(look: (tx: Tx) => T | undefined): T | undefined => {
      for (const scope of this.#plainScopes()) {
        const found = store!.transact(scope, look)
        if (found !== undefined) return found
      }
      return undefined
    }
    const scene = { nodes: this.#nodes, monotonic, read: store && read }
    for (const { name, machines } of this.#invariants) {
      machines?.({ ...scene, breach: (what) => this.found(name, what) })
    }
  }

  found(invariant: string, what: string): void {
    this.breach ??= { invariant, what }
    this.#transcript.say("BREACH", `${invariant}: ${what}`)
  }

  #changed({ version, changes }: ChangeSet): void {
    this.transactions += 1
    for (const change of changes) {
      this.#scopes.add(change.scope)
      if (change.table === tasks) this.#tell(change.before as Task | undefined, change.after as Task | undefined)
    }
    this.#transcript.say("state", `${version}: ${[...new Set(changes.map(({ table }) => table.name))].join(" ")}`)
    for (const invariant of this.#invariants) {
      if (invariant.changed === undefined) continue
      const scene = this.#scene(invariant)
      for (const change of changes) invariant.changed(change, scene)
    }
    if (this.transactions % WHOLE_EVERY === 0) this.checkWhole()
  }

  #tell(before: Task | undefined, after: Task | undefined): void {
    const name = shortArn((after ?? before)!.arn)
    if (after === undefined) {
      this.#transcript.say("task", `${name} is forgotten`)
      return
    }
    const moved = before?.lastStatus !== after.lastStatus || before?.desiredStatus !== after.desiredStatus
    if (!moved) return
    const why = after.stoppedReason === undefined ? "" : ` (${after.stopCode}: ${after.stoppedReason})`
    const on = after.instanceArn === undefined ? "" : ` on ${after.instanceArn.slice(-6)}`
    this.#transcript.say(
      "task",
      `${name}${on} ${before?.lastStatus ?? "new"} → ${after.lastStatus}, wanted ${after.desiredStatus}${why}`,
    )
  }

  #plainScopes(): string[] {
    return [...this.#scopes].filter((scope) => scope.includes("/") && !scope.endsWith("*"))
  }

  #scene({ name }: Invariant): Scene {
    const store = this.#store!
    return {
      store,
      nodes: this.#nodes,
      ran: this.#ran,
      now: this.#now,
      scopes: this.#plainScopes(),
      read: <T>(scope: string, look: (tx: Tx) => T) => store.transact(scope, look),
      breach: (what) => this.found(name, what),
    }
  }
}

const WHOLE_EVERY = 1_000
