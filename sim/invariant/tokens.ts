import { type Task, tasks } from "../../src/services/ecs/tables/task.ts"
import type { Invariant } from "./invariant.ts"

/** Whoever runs tasks with a token says in `startedBy` how many, so that each of them can be counted. */
export function startedByToken(
  number: number,
  count: number,
): { readonly clientToken: string; readonly startedBy: string } {
  return { clientToken: `token-${number}`, startedBy: `once-${number}-${count}` }
}

export const tokensStartOnce: Invariant = {
  name: "a request with a token starts its tasks once, however often it is repeated",
  changed({ table, scope, before, after }, { read, breach }) {
    const task = after as Task | undefined
    if (table !== tasks || before !== undefined || task?.startedBy === undefined) return
    const [word, , count] = task.startedBy.split("-")
    if (word !== "once") return
    const started = read(scope, (tx) => tx.where(tasks, "startedBy", `${task.clusterArn} ${task.startedBy}`))
    if (started.length > Number(count)) breach(`${task.startedBy} has started ${started.length} tasks`)
  },
}
