import { parseArn } from "../../../aws/arn.ts"
import { regionScope } from "../../../store/changes.ts"
import type { Tx } from "../../../store/transaction.ts"
import { isPool } from "../pool.ts"
import { poolTasks } from "../tables/pool.ts"
import { type Task, tasks } from "../tables/task.ts"

// The tasks of an instance lie beside it; those of an instance of the pool lie wherever their owners are. `tx` is in the
// instance's own scope throughout.

/** All tasks that the instance has to do with. */
export function tasksOf(tx: Tx, instanceArn: string): readonly Task[] {
  if (!isPool(tx)) return tx.where(tasks, "instance", instanceArn)
  const pooled = tx.where(poolTasks, "instance", instanceArn)
  return pooled.flatMap(({ taskArn, scope }) => tx.anywhere.in(scope).get(tasks, taskArn) ?? [])
}

/** Where a task of the instance lies. */
export function ownerOf(tx: Tx, taskArn: string): Tx {
  const arn = isPool(tx) ? parseArn(taskArn) : undefined
  return arn === undefined ? tx : tx.anywhere.in(regionScope(arn.account, arn.region))
}

/** The task with this name if it is this instance's: an agent has nothing to say about the tasks of others. */
export function taskOf(tx: Tx, instanceArn: string, taskArn: string): Task | undefined {
  const task = ownerOf(tx, taskArn).get(tasks, taskArn)
  return task?.instanceArn === instanceArn ? task : undefined
}
