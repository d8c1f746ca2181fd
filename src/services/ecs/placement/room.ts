import type { Candidates } from "./candidates.ts"
import type { ClusterCapacity } from "./cluster-capacity.ts"
import type { Face } from "./face.ts"
import type { InstanceCapacity } from "./instance-capacity.ts"
import type { KinFollower } from "./kin-follower.ts"
import type { Partition } from "./partition.ts"
import type { OwnMeasure } from "./strategy.ts"

/**
 * Every instance that has room for tasks of one size, in the order in which they would be taken. Instances that are the
 * same to those who spread tasks share a cell, and in a cell those that all other measures find equal share a tier. A
 * task that is placed moves one instance to another tier, however many instances there are.
 *
 * A room catches up with the cluster when it is asked. What others place needs no catching up, as it can only take away
 * room: that is found out when the instance would be taken. Only where it changes the order, too, does a room look at
 * everything that happens.
 */
export class Room {
  /** From the best tier to the worst. */
  readonly cells = new Map<string, Cell>()
  readonly #cluster: ClusterCapacity
  readonly #rules: RoomRules
  readonly #looksAtAll: boolean

  /** By the instances' numbers. */
  readonly #entries: (Entry | undefined)[] = []

  /** Candidates that have no room. */
  readonly #full = new Set<Entry>()
  #seenFaces = -1
  #seenUse = 0

  constructor(cluster: ClusterCapacity, rules: RoomRules) {
    this.#cluster = cluster
    this.#rules = rules
    this.#looksAtAll = rules.gainsByTasks || rules.measures.some((measure) => measure !== "tasks")
  }

  catchUp(): void {
    this.#rules.candidates.catchUp()
    if (this.#hasCaughtUp()) return
    this.#entries.length = 0
    this.#full.clear()
    this.cells.clear()
    for (const instance of this.#cluster.instances.values()) this.#look(instance)
  }

  /** Whether an instance that the room has named can be taken indeed; one that cannot is named no more. */
  confirm(entry: Entry): boolean {
    if (this.#looksAtAll || this.#fits(entry)) return true
    this.#leaveTier(entry)
    this.#full.add(entry)
    return false
  }

  /** False when too much has happened. Either way everything up to now counts as seen. */
  #hasCaughtUp(): boolean {
    const { faceChanges, changes, releases } = this.#cluster
    const used = this.#looksAtAll ? changes : releases
    const [seenFaces, seenUse] = [this.#seenFaces, this.#seenUse]
    const look = (instance: InstanceCapacity) => this.#look(instance)
    this.#seenFaces = faceChanges.mark()
    this.#seenUse = used.mark()
    const knowsKin = this.#rules.kin?.catchUp(look) ?? true
    if (!knowsKin || !faceChanges.since(seenFaces, look)) return false
    if (this.#looksAtAll) {
      return changes.since(seenUse, (instance, to) => {
        // Of several changes of one instance the last will do.
        if (to === instance.changedAt) this.#placeAgain(instance)
      })
    }
    // Room that was made where there was some already makes no difference.
    if (this.#full.size === 0) return true
    return releases.since(seenUse, (instance) => {
      if (this.#entries[instance.number]?.tier === undefined) this.#placeAgain(instance)
    })
  }

  #placeAgain(instance: InstanceCapacity): void {
    const entry = this.#entries[instance.number]
    if (entry?.instance === instance) this.#place(entry)
  }

  #look(instance: InstanceCapacity): void {
    let entry = this.#entries[instance.number]
    if (entry !== undefined && entry.face !== instance.face) {
      this.#forget(entry)
      entry = undefined
    }
    // Whether it is a candidate follows from its face alone.
    if (entry === undefined) {
      if (!this.#rules.candidates.members.has(instance)) return
      const cell = this.#cellOf(instance.face)
      cell.size += 1
      entry = { instance, face: instance.face, cell, tasks: 0, tier: undefined, at: 0, first: 0 }
      this.#entries[instance.number] = entry
    }
    entry.tasks = this.#rules.kin?.tasksOn(instance) ?? 0
    this.#place(entry)
  }

  #forget(entry: Entry): void {
    const { cell } = entry
    this.#leaveTier(entry)
    this.#full.delete(entry)
    this.#entries[entry.instance.number] = undefined
    cell.size -= 1
    if (cell.size === 0) this.cells.delete(cell.key)
  }

  #cellOf(face: Face): Cell {
    const paths = this.#rules.partition.pathsOf(face)
    const key = paths.at(-1) ?? ""
    let cell = this.cells.get(key)
    if (cell === undefined) {
      const zone = this.#rules.partition.startsWithZone ? face.zone : undefined
      cell = { key, paths, zone, tiers: [], firsts: [], size: 0 }
      this.cells.set(key, cell)
    }
    return cell
  }

  #fits({ instance }: Entry): boolean {
    for (const holds of this.#rules.tests) if (!holds(instance)) return false
    return true
  }

  /** Puts an instance into the tier that its values are those of, or into none when it has no room. */
  #place(entry: Entry): void {
    if (!this.#fits(entry)) {
      this.#leaveTier(entry)
      this.#full.add(entry)
      return
    }
    const { measures } = this.#rules
    const first = measures.length === 0 ? 0 : measured(measures[0]!, entry)
    if (entry.tier === undefined) this.#full.delete(entry)
    else {
      if (entry.first === first && this.#compareRest(entry.tier, entry) === 0) return
      this.#leaveTier(entry)
    }
    const { cell } = entry
    const place = this.#placeOf(entry, first)
    let tier = cell.tiers[place]
    if (tier === undefined || cell.firsts[place] !== first || this.#compareRest(tier, entry) !== 0) {
      tier = { cell, values: measures.map((measure) => measured(measure, entry)), members: [] }
      cell.tiers.splice(place, 0, tier)
      cell.firsts.splice(place, 0, first)
    }
    entry.first = first
    entry.tier = tier
    entry.at = tier.members.length
    tier.members.push(entry)
  }

  /** Of the first tier that is not better. */
  #placeOf(entry: Entry, first: number): number {
    const { tiers, firsts } = entry.cell
    let low = 0
    let high = firsts.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const difference = firsts[middle]! - first || this.#compareRest(tiers[middle]!, entry)
      if (difference < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Where a tier itself lies. */
  #indexOf({ cell: { tiers, firsts }, values }: Tier): number {
    let low = 0
    let high = firsts.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareValues(tiers[middle]!.values, values) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Beyond the first measure. */
  #compareRest({ values }: Tier, entry: Entry): number {
    const { measures } = this.#rules
    for (let own = 1; own < measures.length; own++) {
      const difference = values[own]! - measured(measures[own]!, entry)
      if (difference !== 0) return difference
    }
    return 0
  }

  #leaveTier(entry: Entry): void {
    const { tier, at, cell } = entry
    if (tier === undefined) return
    const last = tier.members.pop()!
    if (last !== entry) {
      tier.members[at] = last
      last.at = at
    }
    if (tier.members.length === 0) {
      const place = this.#indexOf(tier)
      cell.tiers.splice(place, 1)
      cell.firsts.splice(place, 1)
    }
    entry.tier = undefined
  }
}

export interface RoomRules {
  /** Those that will do by what they are. */
  readonly candidates: Candidates

  /** What must hold besides, for the tasks they have. */
  readonly tests: readonly ((instance: InstanceCapacity) => boolean)[]

  /** Whether a task that comes can make a test hold that did not, as with affinity. */
  readonly gainsByTasks: boolean
  readonly partition: Partition
  readonly measures: readonly OwnMeasure[]

  /** Whose tasks are counted, where that matters to a measure or a test. */
  readonly kin: KinFollower | undefined
}

export interface Cell {
  readonly key: string
  readonly paths: readonly string[]

  /** Set where the first path stands for a zone. */
  readonly zone: string | undefined

  /** The first value of each tier lies beside them, to be searched fast. */
  readonly tiers: Tier[]
  readonly firsts: number[]
  size: number
}

export interface Tier {
  readonly cell: Cell
  readonly values: readonly number[]
  readonly members: Entry[]
}

/** An instance as it was when the room last looked. */
export interface Entry {
  readonly instance: InstanceCapacity
  readonly face: Face
  readonly cell: Cell
  tasks: number
  tier: Tier | undefined

  /** Where in its tier it is, and the tier's first value. */
  at: number
  first: number
}

function compareValues(a: readonly number[], b: readonly number[]): number {
  for (let own = 0; own < a.length; own++) {
    const difference = a[own]! - b[own]!
    if (difference !== 0) return difference
  }
  return 0
}

function measured(measure: OwnMeasure, { instance, tasks }: Entry): number {
  return measure === "tasks" ? tasks : measure === "cpu" ? instance.cpuFree : instance.memoryFree
}
