import type { ClusterCapacity, Kin, KinName } from "./cluster-capacity.ts"
import { type InstanceCapacity, NO_FACE } from "./instance-capacity.ts"

/** Keeps someone who counts the tasks of a kin up to date: it tells of each instance where there are more or fewer. */
export class KinFollower {
  readonly #cluster: ClusterCapacity
  readonly #name: KinName
  #kin: Kin | undefined
  #seenTo = 0

  constructor(cluster: ClusterCapacity, name: KinName) {
    this.#cluster = cluster
    this.#name = name
  }

  tasksOn(instance: InstanceCapacity): number {
    return this.#kin === undefined || instance.face === NO_FACE ? 0 : instance.tasks.of(this.#kin)
  }

  /** False when too much has happened to be told. Either way everything up to now counts as seen. */
  catchUp(changed: (instance: InstanceCapacity) => void): boolean {
    const earlier = this.#kin
    const kin = this.#cluster.kin(this.#name)
    const seenTo = this.#seenTo
    this.#kin = kin
    this.#seenTo = kin?.changes.mark() ?? 0
    if (kin === earlier) return kin === undefined || kin.changes.since(seenTo, changed)
    // When the last task of a kin goes, so does its record; a new one begins with nothing.
    return (earlier?.changes.since(seenTo, changed) ?? true) && (kin?.changes.since(0, changed) ?? true)
  }
}
