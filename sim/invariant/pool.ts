import { poolScope } from "../../src/services/ecs/pool.ts"
import { poolQueue, poolTasks } from "../../src/services/ecs/tables/pool.ts"
import { type Task, tasks } from "../../src/services/ecs/tables/task.ts"
import { shortArn } from "../transcript.ts"
import type { Invariant } from "./invariant.ts"

export const poolInStep: Invariant = {
  name: "the pool knows each task it has, and no other",
  changed({ table, scope, after }, { read, breach }) {
    const task = after as Task | undefined
    if (table !== tasks || task?.launchType !== "FARGATE") return
    const held = read(poolScope(scope), (tx) => tx.get(poolTasks, task.arn))
    const holds = task.instanceArn !== undefined && task.lastStatus !== "STOPPED"
    if (holds && held?.instanceArn !== task.instanceArn) breach(`the pool does not know ${shortArn(task.arn)}`)
    if (!holds && held !== undefined)
      breach(`the pool holds room for ${shortArn(task.arn)}, which is ${task.lastStatus}`)
    const waits = read(poolScope(scope), (tx) => tx.get(poolQueue, task.arn)) !== undefined
    const shouldWait = task.instanceArn === undefined && task.desiredStatus === "RUNNING"
    if (waits !== shouldWait)
      breach(`${shortArn(task.arn)} ${waits ? "waits for the pool in vain" : "is not in the pool's queue"}`)
  },
  whole({ read, scopes, breach }) {
    for (const scope of scopes) {
      read(scope, (tx) => {
        for (const { taskArn, scope: owner } of tx.all(poolTasks)) {
          const task = tx.anywhere.in(owner).get(tasks, taskArn)
          if (task === undefined || task.lastStatus === "STOPPED")
            breach(`the pool holds room for ${shortArn(taskArn)}, which is gone`)
        }
      })
    }
  },
}
