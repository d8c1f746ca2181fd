import type { Random } from "../../../world/world.ts"
import type { InstanceCapacity } from "./instance-capacity.ts"
import type { TasksByZone } from "./request.ts"
import type { Entry, Room, Tier } from "./room.ts"
import type { Spreads } from "./spreads.ts"
import type { Measure } from "./strategy.ts"

/** Finds the best instance for one kind of task: a room has the order within each cell, and this the order of the cells. */
export class Board {
  readonly #room: Room
  readonly #spreads: Spreads | undefined
  readonly #measures: readonly Measure[]

  constructor(room: Room, spreads: Spreads | undefined, measures: readonly Measure[]) {
    this.#room = room
    this.#spreads = spreads
    this.#measures = measures
  }

  /** The instance to take next; undefined when none has room. Which of equals, chance decides. */
  best(random: Random, tasksByZone: TasksByZone | undefined): InstanceCapacity | undefined {
    this.#room.catchUp()
    this.#spreads?.catchUp()
    for (;;) {
      const entry = this.#first(random, tasksByZone)
      if (entry === undefined) return undefined
      if (this.#room.confirm(entry)) return entry.instance
    }
  }

  #first(random: Random, tasksByZone: TasksByZone | undefined): Entry | undefined {
    const best: Tier[] = []
    let count = 0
    for (const { tiers } of this.#room.cells.values()) {
      const tier = tiers[0]
      if (tier === undefined) continue
      const difference = best.length === 0 ? 0 : this.#compare(tier, best[0]!, tasksByZone)
      if (difference > 0) continue
      if (difference < 0) {
        best.length = 0
        count = 0
      }
      best.push(tier)
      count += tier.members.length
    }
    let chosen = count <= 1 ? 0 : random.below(count)
    for (const { members } of best) {
      if (chosen < members.length) return members[chosen]
      chosen -= members.length
    }
    return undefined
  }

  #compare(a: Tier, b: Tier, tasksByZone: TasksByZone | undefined): number {
    let attribute = 0
    let own = 0
    for (const { kind } of this.#measures) {
      const difference =
        kind === "attribute"
          ? this.#tasksAt(a, attribute, tasksByZone) - this.#tasksAt(b, attribute, tasksByZone)
          : a.values[own]! - b.values[own]!
      if (difference !== 0) return difference
      if (kind === "attribute") attribute++
      else own++
    }
    return 0
  }

  #tasksAt({ cell }: Tier, attribute: number, tasksByZone: TasksByZone | undefined): number {
    if (tasksByZone !== undefined && attribute === 0 && cell.zone !== undefined) return tasksByZone(cell.zone)
    return this.#spreads!.tasksAt(cell.paths[attribute]!)
  }
}
