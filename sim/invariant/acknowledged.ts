import { tasks } from "../../src/services/ecs/tables/task.ts"
import type { Tx } from "../../src/store/transaction.ts"
import type { Invariant } from "./invariant.ts"

/** What someone was told, and so must stay true. */
export interface Fact {
  readonly what: string
  readonly scope: string
  readonly holds: (tx: Tx) => boolean
}

/** Remembers what was acknowledged and looks whether it is still so, above all after a process has ended. */
export class Acknowledged implements Invariant {
  readonly name = "nothing that was acknowledged is forgotten"
  readonly #facts = new Map<string, Fact>()

  /** A newer fact of the same key takes the place of the older one; none means that nobody can say any more. */
  note(key: string, fact: Fact | undefined): void {
    if (fact === undefined) this.#facts.delete(key)
    else this.#facts.set(key, fact)
  }

  /** A stopped task is forgotten in the end; whether it was kept long enough is another invariant's question. */
  changed: NonNullable<Invariant["changed"]> = ({ table, key, after }) => {
    if (table !== tasks || after !== undefined) return
    this.#facts.delete(`task ${key}`)
    this.#facts.delete(`stop ${key}`)
  }

  whole: NonNullable<Invariant["whole"]> = ({ read, breach }) => {
    for (const { what, scope, holds } of this.#facts.values()) {
      if (!read(scope, holds)) breach(what)
    }
  }

  reopened: NonNullable<Invariant["reopened"]> = (scene) => this.whole(scene)
}
