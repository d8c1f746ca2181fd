import type { KeyValuePair, LaunchType } from "@aws-sdk/client-ecs"
import type { Tx } from "../../../store/transaction.ts"
import { isFargate } from "../capacity-provider/strategy.ts"
import { capacity } from "../placement/capacity.ts"
import { serviceRevisions } from "../tables/revision.ts"
import { services } from "../tables/service.ts"

export interface ClusterCounts {
  readonly registeredContainerInstancesCount: number
  readonly runningTasksCount: number
  readonly pendingTasksCount: number
  readonly activeServicesCount: number

  /** Tasks that are not STOPPED yet, whether they come, run or go. */
  readonly liveTasks: number
}

/** What a cluster has, without looking at any of it. */
export function clusterCounts(tx: Tx, arn: string): ClusterCounts {
  const cluster = tx.view(capacity).cluster(arn)
  return {
    registeredContainerInstancesCount: cluster?.registeredInstances ?? 0,
    runningTasksCount: sumOf(cluster?.running.counts),
    pendingTasksCount: sumOf(cluster?.pending.counts),
    activeServicesCount: tx.count(services, "clusterStatus", `${arn} ACTIVE`),
    liveTasks: cluster?.liveTasks ?? 0,
  }
}

/** In AWS's order. Only here services are looked at one by one: few ask, and a cluster has few next to its tasks. */
export function statistics(tx: Tx, arn: string): KeyValuePair[] {
  const cluster = tx.view(capacity).cluster(arn)
  const active = servicesByLaunch(tx, arn, "ACTIVE")
  const draining = servicesByLaunch(tx, arn, "DRAINING")
  const count = (counts: ReadonlyMap<LaunchType, number> | undefined, type: LaunchType) => counts?.get(type) ?? 0
  const values: readonly (readonly [name: string, value: number])[] = [
    ["runningEC2TasksCount", count(cluster?.running.counts, "EC2")],
    ["runningFargateTasksCount", count(cluster?.running.counts, "FARGATE")],
    ["pendingEC2TasksCount", count(cluster?.pending.counts, "EC2")],
    ["pendingFargateTasksCount", count(cluster?.pending.counts, "FARGATE")],
    ["runningExternalTasksCount", count(cluster?.running.counts, "EXTERNAL")],
    ["pendingExternalTasksCount", count(cluster?.pending.counts, "EXTERNAL")],
    ["runningManagedInstancesTasksCount", 0],
    ["pendingManagedInstancesTasksCount", 0],
    ["activeEC2ServiceCount", count(active, "EC2")],
    ["activeFargateServiceCount", count(active, "FARGATE")],
    ["drainingEC2ServiceCount", count(draining, "EC2")],
    ["drainingFargateServiceCount", count(draining, "FARGATE")],
    ["activeExternalServiceCount", count(active, "EXTERNAL")],
    ["drainingExternalServiceCount", count(draining, "EXTERNAL")],
    ["activeManagedInstancesServiceCount", 0],
    ["drainingManagedInstancesServiceCount", 0],
  ]
  return values.map(([name, value]) => ({ name, value: String(value) }))
}

function servicesByLaunch(tx: Tx, arn: string, status: "ACTIVE" | "DRAINING"): ReadonlyMap<LaunchType, number> {
  const counts = new Map<LaunchType, number>()
  for (const { revisionArn } of tx.where(services, "clusterStatus", `${arn} ${status}`)) {
    const revision = revisionArn === undefined ? undefined : tx.get(serviceRevisions, revisionArn)
    const byProvider = isFargate(revision?.strategy[0]?.capacityProvider) ? "FARGATE" : "EC2"
    const type = revision?.launchType ?? byProvider
    counts.set(type, (counts.get(type) ?? 0) + 1)
  }
  return counts
}

function sumOf(counts: ReadonlyMap<LaunchType, number> = new Map()): number {
  let sum = 0
  for (const count of counts.values()) sum += count
  return sum
}
