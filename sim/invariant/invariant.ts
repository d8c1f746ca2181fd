import type { RecordChange } from "../../src/store/changes.ts"
import type { Store } from "../../src/store/store.ts"
import type { Tx } from "../../src/store/transaction.ts"
import type { Node } from "../node/node.ts"

/** Something that a user would notice if it were not so. Each has a name that a failure is told under. */
export interface Invariant {
  readonly name: string

  /** Looks at each record that a transaction has changed, once all of its changes are there. */
  readonly changed?: (change: RecordChange, scene: Scene) => void

  /** Looks at everything. */
  readonly whole?: (scene: Scene) => void

  /** Looks at the machines, every few seconds, whether or not there is a region. */
  readonly machines?: (scene: MachineScene) => void

  /** A new process has read what is durable: what was never durable may be gone. */
  readonly reopened?: (scene: Scene) => void
}

export interface MachineScene {
  readonly nodes: readonly Node[]
  readonly monotonic: number

  /** What is in the first account that has it; undefined while there is no region. */
  readonly read: (<T>(look: (tx: Tx) => T | undefined) => T | undefined) | undefined
  readonly breach: (what: string) => void
}

/** What invariants look at. */
export interface Scene {
  readonly store: Store
  readonly nodes: readonly Node[]

  /** Every task that any machine has ever run. */
  readonly ran: ReadonlySet<string>
  readonly now: () => number

  /** What is in one account and region. */
  readonly read: <T>(scope: string, look: (tx: Tx) => T) => T

  /** Accounts and regions that have anything. */
  readonly scopes: readonly string[]

  readonly breach: (what: string) => void
}
