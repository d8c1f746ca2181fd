import { table } from "../../../store/table.ts"
import type { Demand } from "./task.ts"

/**
 * A task of any account that runs on an instance of the pool. It lies beside the pool's instances, in the scope of the
 * account that owns the pool, so that their capacity and their agents see every task they have; the task itself is its
 * owner's. Made and removed in the transactions that place the task and see it STOPPED.
 */
export interface PoolTask {
  readonly taskArn: string

  /** Where the task's record lies. */
  readonly scope: string
  readonly instanceArn: string
  readonly demand: Demand
}

export const poolTasks = table({
  name: "ecs/pool-tasks",
  version: 1,
  key: (task: PoolTask) => task.taskArn,
  indexes: { instance: ({ instanceArn }) => instanceArn },
})

/** A task that waits for a place in the pool, beside what it waits for. Made and removed together with its task's waiting. */
export interface PoolWait {
  readonly taskArn: string

  /** Where the task's record lies. */
  readonly scope: string
  readonly since: number
}

export const poolQueue = table({
  name: "ecs/pool-queue",
  version: 1,
  key: ({ taskArn }: PoolWait) => taskArn,
  ordered: { since: ({ since }) => since },
})
