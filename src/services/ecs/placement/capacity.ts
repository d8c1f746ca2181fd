import type { Resource } from "@aws-sdk/client-ecs"
import type { AnyTable } from "../../../store/table.ts"
import { type Derived, view } from "../../../store/view.ts"
import { type ContainerInstance, containerInstances } from "../tables/container-instance.ts"
import { type PoolTask, poolTasks } from "../tables/pool.ts"
import { type Task, tasks } from "../tables/task.ts"
import { ClusterCapacity, type KinName } from "./cluster-capacity.ts"
import { faceOf, hasSameFace } from "./face.ts"
import { InstanceCapacity, NO_FACE } from "./instance-capacity.ts"
import type { TasksByZone } from "./request.ts"

/** What is left of every instance, and where everyone's tasks are, without looking at the tasks. */
export const capacity = view({
  name: "ecs/capacity",
  tables: [containerInstances, tasks, poolTasks],
  create: () => new Capacity(),
})

export class Capacity implements Derived {
  readonly #clusters = new Map<string, ClusterCapacity>()
  readonly #instances = new Map<string, InstanceCapacity>()
  readonly #unusedNumbers: number[] = []

  /** Undefined for a cluster that has neither instances nor tasks. */
  cluster(arn: string): ClusterCapacity | undefined {
    return this.#clusters.get(arn)
  }

  clusters(): ReadonlyMap<string, ClusterCapacity> {
    return this.#clusters
  }

  instance(arn: string): InstanceCapacity | undefined {
    return this.#instances.get(arn)
  }

  instances(): ReadonlyMap<string, InstanceCapacity> {
    return this.#instances
  }

  remainingResources(instance: ContainerInstance): Resource[] {
    return this.#instances.get(instance.arn)!.remainingResources(instance)
  }

  /** Says how many tasks of a service or a group are to run in a zone, those on FARGATE too, at each time it is asked. */
  tasksByZone(clusterArn: string, kin: KinName): TasksByZone {
    return (zone) => this.#clusters.get(clusterArn)?.kin(kin)?.zones.of(zone) ?? 0
  }

  changed(table: AnyTable, before: object | undefined, after: object | undefined): void {
    if (table === containerInstances) this.#instanceChanged(before as never, after as never)
    else if (table === tasks) {
      if (before !== undefined) this.#countTask(before as Task, -1)
      if (after !== undefined) this.#countTask(after as Task, 1)
    } else {
      if (before !== undefined) this.#countPoolTask(before as PoolTask, -1)
      if (after !== undefined) this.#countPoolTask(after as PoolTask, 1)
    }
  }

  #instanceChanged(before: ContainerInstance | undefined, after: ContainerInstance | undefined): void {
    if (before !== undefined && after !== undefined && hasSameFace(before, after)) return
    const instance = this.#made((before ?? after)!.arn)
    if (before !== undefined) this.#countInstance(instance, before, -1)
    instance.face = after === undefined ? NO_FACE : faceOf(after)
    if (after !== undefined) this.#countInstance(instance, after, 1)
    this.#drop(instance)
    if (before !== undefined) this.#dropCluster(before.clusterArn)
  }

  #countInstance(instance: InstanceCapacity, { arn, clusterArn, status }: ContainerInstance, sign: 1 | -1): void {
    const cluster = this.#madeCluster(clusterArn)
    if (sign === 1) cluster.instances.set(arn, instance)
    else cluster.instances.delete(arn)
    if (status === "ACTIVE" || status === "DRAINING") cluster.registeredInstances += sign
    cluster.faceChanges.add(instance)
  }

  #countTask(task: Task, sign: 1 | -1): void {
    if (task.lastStatus === "STOPPED") return
    const cluster = this.#madeCluster(task.clusterArn)
    cluster.liveTasks += sign
    const isPending = PENDING.has(task.lastStatus)
    const isRunning = task.lastStatus === "RUNNING"
    if (isPending) cluster.pending.add(task.launchType, sign)
    if (isRunning) cluster.running.add(task.launchType, sign)
    const kin = task.desiredStatus === "RUNNING" ? cluster.countKin(task, sign) : undefined

    // What a task on FARGATE takes is its pool's matter.
    if (task.instanceArn !== undefined && task.launchType !== "FARGATE") {
      const instance = this.#made(task.instanceArn)
      instance.hold(task.demand, sign)
      instance.holdContainers(task, sign)
      if (isPending) instance.pending += sign
      if (isRunning) instance.running += sign
      if (kin !== undefined) {
        instance.tasks.add(kin, sign)
        kin.changes.add(instance)
      }
      this.#used(instance, sign)
    }
    if (sign === -1) this.#dropCluster(task.clusterArn)
  }

  #countPoolTask(task: PoolTask, sign: 1 | -1): void {
    const instance = this.#made(task.instanceArn)
    instance.hold(task.demand, sign)
    this.#used(instance, sign)
  }

  #used(instance: InstanceCapacity, sign: 1 | -1): void {
    const cluster = this.#clusters.get(instance.face.clusterArn)
    if (cluster !== undefined) {
      instance.changedAt = cluster.changes.add(instance)
      if (sign === -1) cluster.releases.add(instance)
    }
    this.#drop(instance)
  }

  #made(arn: string): InstanceCapacity {
    let instance = this.#instances.get(arn)
    if (instance === undefined) {
      instance = new InstanceCapacity(arn, this.#unusedNumbers.pop() ?? this.#instances.size)
      this.#instances.set(arn, instance)
    }
    return instance
  }

  #madeCluster(arn: string): ClusterCapacity {
    let cluster = this.#clusters.get(arn)
    if (cluster === undefined) {
      cluster = new ClusterCapacity()
      this.#clusters.set(arn, cluster)
    }
    return cluster
  }

  #drop(instance: InstanceCapacity): void {
    if (!instance.isEmpty) return
    this.#instances.delete(instance.arn)
    this.#unusedNumbers.push(instance.number)
  }

  #dropCluster(arn: string): void {
    if (this.#clusters.get(arn)?.isEmpty) this.#clusters.delete(arn)
  }
}

const PENDING: ReadonlySet<Task["lastStatus"]> = new Set(["PROVISIONING", "PENDING", "ACTIVATING"])
