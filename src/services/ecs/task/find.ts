import type { Call } from "../../../aws/operations.ts"
import type { Writer } from "../event/write.ts"
import { memberArn } from "../names.ts"
import { isPool } from "../pool.ts"
import type { Cluster } from "../tables/cluster.ts"
import { poolTasks } from "../tables/pool.ts"
import { type Task, tasks } from "../tables/task.ts"

/** The task of this cluster that a caller means; undefined when there is none. */
export function findTask(call: Call, cluster: Pick<Cluster, "arn">, arn: string): Task | undefined {
  const task = call.tx.get(tasks, arn)
  return task?.clusterArn === cluster.arn ? task : undefined
}

export function taskArn(call: Call, clusterArn: string, identifier: string): string {
  return memberArn(call, "task", clusterArn, identifier)
}

/** A task together with what writes it where its record lies. */
export interface Located {
  readonly writer: Writer
  readonly task: Task
}

/**
 * The task of which an agent speaks. An agent of the pool has tasks of every account, but only those that its pool was
 * given: to any other agent another account's task does not exist.
 */
export function taskOfAgent({ tx, now, random }: Writer, arn: string): Located | undefined {
  const own = tx.get(tasks, arn)
  if (own !== undefined) return { writer: { tx, now, random }, task: own }
  const placed = isPool(tx) ? tx.get(poolTasks, arn) : undefined
  if (placed === undefined) return undefined
  const owner = tx.anywhere.in(placed.scope)
  return { writer: { tx: owner, now, random }, task: owner.mustGet(tasks, arn) }
}
