import type { ClusterCapacity } from "./cluster-capacity.ts"
import type { InstanceCapacity } from "./instance-capacity.ts"

/**
 * The instances that will do for a kind of task by what they are, whatever runs on them. Found once, and looked at again
 * only where an instance's own record has changed.
 */
export class Candidates {
  readonly members = new Set<InstanceCapacity>()
  readonly #cluster: ClusterCapacity
  readonly #qualifies: (instance: InstanceCapacity) => boolean
  #seenTo = -1

  constructor(cluster: ClusterCapacity, qualifies: (instance: InstanceCapacity) => boolean) {
    this.#cluster = cluster
    this.#qualifies = qualifies
  }

  catchUp(): void {
    const { faceChanges, instances } = this.#cluster
    const seenTo = this.#seenTo
    this.#seenTo = faceChanges.mark()
    if (faceChanges.since(seenTo, (instance) => this.#look(instance))) return
    this.members.clear()
    for (const instance of instances.values()) this.#look(instance)
  }

  #look(instance: InstanceCapacity): void {
    if (this.#qualifies(instance)) this.members.add(instance)
    else this.members.delete(instance)
  }
}
