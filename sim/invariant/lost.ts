import { containerInstances } from "../../src/services/ecs/tables/container-instance.ts"
import { poolTasks } from "../../src/services/ecs/tables/pool.ts"
import { type Task, tasks } from "../../src/services/ecs/tables/task.ts"
import type { Tx } from "../../src/store/transaction.ts"
import { shortArn } from "../transcript.ts"
import type { Invariant } from "./invariant.ts"

/** A region that has just started gives every machine its time again. */
export function lostIsNoticed(): Invariant {
  let since = new Map<string, number>()
  return {
    name: "no task stays on a machine of the pool that is away for long",
    reopened: () => since.clear(),
    machines({ monotonic, read, breach }) {
      const away = new Map<string, number>()
      const held = read?.((tx) => {
        const pooled = tx.all(poolTasks)
        return pooled.length === 0 ? undefined : pooled.filter((task) => isAway(tx, task.instanceArn))
      })
      for (const { taskArn, instanceArn } of held ?? []) {
        const at = since.get(instanceArn) ?? monotonic
        away.set(instanceArn, at)
        if (monotonic - at > AWAY_MS_MAX) breach(`${shortArn(taskArn)} is held by ${shortArn(instanceArn)}`)
      }
      since = away
    },
  }
}

function isAway(tx: Tx, instanceArn: string): boolean {
  const instance = tx.get(containerInstances, instanceArn)
  return instance !== undefined && instance.status !== "INACTIVE" && !instance.agentConnected
}

export const onlyTheLostEnd: Invariant = {
  name: "only a task on FARGATE ends for its machine's sake, and only when that is away",
  changed({ table, before, after }, { nodes, breach }) {
    if (table !== tasks) return
    const [was, is] = [before as Task | undefined, after as Task | undefined]
    if (is?.stopCode !== "TerminationNotice" || was?.stopCode === "TerminationNotice") return
    if (is.launchType !== "FARGATE") breach(`${shortArn(is.arn)} is a user's machine's`)
    const linked = nodes.find(({ instanceArn, agent }) => instanceArn === is.instanceArn && agent?.isLinked === true)
    if (linked !== undefined) breach(`${shortArn(is.arn)} ends, and ${linked.name} is connected`)
  },
}

/** The five minutes that a machine has, and time to see and to say that they are over. */
const AWAY_MS_MAX = 6 * 60_000
