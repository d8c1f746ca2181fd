import type * as sdk from "@aws-sdk/client-ecs"
import type { Tx } from "../../../store/transaction.ts"
import { countsOf } from "../service/counts.ts"
import { describeLaunch } from "../service/revision.ts"
import { serviceRevisions } from "../tables/revision.ts"
import type { Service } from "../tables/service.ts"
import { type Task, tasks } from "../tables/task.ts"
import { type TaskSet, taskSets } from "../tables/task-set.ts"

/** Those of a service, newest first. */
export function taskSetsOf(tx: Tx, { arn }: Pick<Service, "arn">): TaskSet[] {
  return tx.where(taskSets, "service", arn).toSorted((a, b) => b.createdAt - a.createdAt)
}

export function describeTaskSets(tx: Tx, service: Service, live: readonly Task[]): sdk.TaskSet[] {
  return taskSetsOf(tx, service).map((set) => describeTaskSet(tx, service, set, live))
}

/** A task set as every operation shows it. Its tags are shown by those that were asked for them. */
export function describeTaskSet(
  tx: Tx,
  service: Service,
  set: TaskSet,
  live: readonly Task[] = tx.where(tasks, "serviceLive", service.arn),
): sdk.TaskSet {
  const revision = tx.mustGet(serviceRevisions, set.revisionArn)
  return {
    id: set.id,
    taskSetArn: set.arn,
    serviceArn: set.serviceArn,
    clusterArn: set.clusterArn,
    status: set.status,
    taskDefinition: revision.definitionArn,
    computedDesiredCount: wantedCount(service, set),
    ...countsOf(live.filter(({ taskSetArn }) => taskSetArn === set.arn)),
    createdAt: new Date(set.createdAt),
    updatedAt: new Date(set.updatedAt),
    ...describeLaunch(revision),
    loadBalancers: [...revision.loadBalancers],
    serviceRegistries: [...revision.registries],
    scale: { value: set.scalePercent, unit: "PERCENT" },
    stabilityStatus: set.stability,
    stabilityStatusAt: new Date(set.stabilityAt),
    tags: [],
    ...(set.startedBy !== undefined && { startedBy: set.startedBy }),
    ...(set.externalId !== undefined && { externalId: set.externalId }),
  }
}

/** A share of the service's count, rounded up; nothing once the set is deleted. */
export function wantedCount({ desiredCount, status }: Service, set: TaskSet): number {
  if (set.status === "DRAINING" || status !== "ACTIVE") return 0
  return Math.ceil((desiredCount * set.scalePercent) / 100)
}
