import type { ClusterCapacity, KinName } from "./cluster-capacity.ts"
import type { InstanceCapacity } from "./instance-capacity.ts"
import { KinFollower } from "./kin-follower.ts"
import type { Partition } from "./partition.ts"
import { Tally } from "./tally.ts"

/** How many tasks of one kin there are on the instances of each path of a partition, whatever state those are in. */
export class Spreads {
  readonly #cluster: ClusterCapacity
  readonly #partition: Partition
  readonly #kin: KinFollower
  #tasks = new Tally<string>()

  /** What has been counted: only instances that have such tasks. */
  readonly #counted = new Map<InstanceCapacity, { readonly paths: readonly string[]; tasks: number }>()
  #seenFaces = -1

  constructor(cluster: ClusterCapacity, partition: Partition, name: KinName) {
    this.#cluster = cluster
    this.#partition = partition
    this.#kin = new KinFollower(cluster, name)
  }

  tasksAt(path: string): number {
    return this.#tasks.of(path)
  }

  catchUp(): void {
    const { faceChanges, instances } = this.#cluster
    const look = (instance: InstanceCapacity) => this.#look(instance)
    const seenFaces = this.#seenFaces
    this.#seenFaces = faceChanges.mark()
    if (this.#kin.catchUp(look) && faceChanges.since(seenFaces, look)) return
    this.#counted.clear()
    this.#tasks = new Tally()
    for (const instance of instances.values()) this.#look(instance)
  }

  #look(instance: InstanceCapacity): void {
    const tasks = this.#kin.tasksOn(instance)
    const paths = this.#partition.pathsOf(instance.face)
    const counted = this.#counted.get(instance)
    if (counted !== undefined && counted.paths === paths) {
      for (const path of paths) this.#tasks.add(path, tasks - counted.tasks)
      counted.tasks = tasks
      if (tasks === 0) this.#counted.delete(instance)
      return
    }
    if (counted !== undefined) for (const path of counted.paths) this.#tasks.add(path, -counted.tasks)
    for (const path of paths) this.#tasks.add(path, tasks)
    if (tasks === 0) this.#counted.delete(instance)
    else this.#counted.set(instance, { paths, tasks })
  }
}
