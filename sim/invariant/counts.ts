import { capacity } from "../../src/services/ecs/placement/capacity.ts"
import { clusters } from "../../src/services/ecs/tables/cluster.ts"
import { type ContainerInstance, containerInstances } from "../../src/services/ecs/tables/container-instance.ts"
import { poolTasks } from "../../src/services/ecs/tables/pool.ts"
import { type Task, tasks } from "../../src/services/ecs/tables/task.ts"
import type { Tx } from "../../src/store/transaction.ts"
import { shortArn } from "../transcript.ts"
import type { Invariant } from "./invariant.ts"

export const countsAgree: Invariant = {
  name: "counts are what adding up gives",
  whole({ read, scopes, breach }) {
    for (const scope of scopes) {
      read(scope, (tx) => {
        for (const instance of tx.all(containerInstances)) checkInstance(tx, instance, breach)
        for (const { arn } of tx.all(clusters)) checkCluster(tx, arn, breach)
      })
    }
  },
}

function checkInstance(tx: Tx, instance: ContainerInstance, breach: (what: string) => void): void {
  const view = tx.view(capacity).instance(instance.arn)
  if (view === undefined) {
    if (instance.status !== "INACTIVE") breach(`nobody counts what ${shortArn(instance.arn)} has`)
    return
  }
  const held = [...tx.where(tasks, "instance", instance.arn), ...tx.where(poolTasks, "instance", instance.arn)]
  for (const [name, free, of] of [
    ["CPU", view.cpuFree, "cpu"],
    ["MEMORY", view.memoryFree, "memory"],
  ] as const) {
    if (instance.status === "INACTIVE") continue
    const has = instance.registeredResources.find((resource) => resource.name === name)?.integerValue ?? 0
    const left = has - held.reduce((sum, { demand }) => sum + demand[of], 0)
    if (left !== free) breach(`${shortArn(instance.arn)} has ${left} ${name} left, and ${free} is shown`)
  }
}

function checkCluster(tx: Tx, arn: string, breach: (what: string) => void): void {
  const own = tx.all(tasks).filter(({ clusterArn }) => clusterArn === arn)
  const view = tx.view(capacity).cluster(arn)
  const counted = (is: (task: Task) => boolean) => own.filter(is).length
  const sum = (counts: ReadonlyMap<unknown, number> | undefined) =>
    [...(counts?.values() ?? [])].reduce((a, b) => a + b, 0)
  for (const [name, shown, is] of [
    ["running", sum(view?.running.counts), ({ lastStatus }: Task) => lastStatus === "RUNNING"],
    [
      "pending",
      sum(view?.pending.counts),
      ({ lastStatus }: Task) => ["PROVISIONING", "PENDING", "ACTIVATING"].includes(lastStatus),
    ],
    ["live", view?.liveTasks ?? 0, ({ lastStatus }: Task) => lastStatus !== "STOPPED"],
  ] as const) {
    const there = counted(is)
    if (there !== shown) breach(`${shortArn(arn)} has ${there} ${name} tasks, and ${shown} are counted`)
  }
}
