import { type ContainerInstance, containerInstances } from "../../src/services/ecs/tables/container-instance.ts"
import { type Task, tasks } from "../../src/services/ecs/tables/task.ts"
import { shortArn } from "../transcript.ts"
import type { Invariant, Scene } from "./invariant.ts"

export const onlyAgentsSeeRunning: Invariant = {
  name: "a task is RUNNING only if a machine has run it",
  changed({ table, before, after }, { ran, breach }) {
    if (table !== tasks) return
    const [was, is] = [before as Task | undefined, after as Task | undefined]
    if (is?.lastStatus !== "RUNNING" || was?.lastStatus === "RUNNING" || ran.has(is.arn)) return
    breach(`${shortArn(is.arn)} is RUNNING, and no machine has ever run it`)
  },
}

/** A machine does what it was told; one of an identity that is used twice may do it twice. */
export const runsOnce: Invariant = {
  name: "a task runs on one machine, its own",
  whole({ nodes, breach }) {
    const where = new Map<string, string>()
    for (const node of nodes) {
      const { instanceArn, name } = node
      for (const arn of node.running()) {
        const elsewhere = where.get(arn)
        if (elsewhere !== undefined && elsewhere !== instanceArn)
          breach(`${shortArn(arn)} runs on ${name} and elsewhere`)
        if (instanceArn !== undefined) where.set(arn, instanceArn)
      }
    }
  },
}

export const manifestsRise: Invariant = {
  name: "the number of a manifest only rises",
  changed({ table, before, after }, { breach }) {
    if (table !== containerInstances || before === undefined || after === undefined) return
    const [was, is] = [before as ContainerInstance, after as ContainerInstance]
    if (is.manifestNumber < was.manifestNumber) breach(`${shortArn(is.arn)} goes back to manifest ${is.manifestNumber}`)
    if (was.status === "INACTIVE" && is.status !== "INACTIVE") breach(`${shortArn(is.arn)} is ${is.status} again`)
    if (is.version < was.version) breach(`${shortArn(is.arn)} has version ${is.version} after ${was.version}`)
  },
}

export const connectedAreShown: Invariant = {
  name: "an agent whose connection is whole is not said to be away",
  changed({ table, before, after }, { nodes, breach }) {
    if (table !== containerInstances) return
    const [was, is] = [before as ContainerInstance | undefined, after as ContainerInstance | undefined]
    if (was?.agentConnected !== true || is === undefined || is.agentConnected || is.status === "INACTIVE") return
    const linked = nodes.find(({ instanceArn, agent }) => instanceArn === is.arn && agent?.isLinked === true)
    if (linked !== undefined) breach(`${linked.name} is connected, and is said to be away`)
  },
}

/** What an agent was told is taken is not asked of it again, so it must not be forgotten, whatever dies. */
export const reportsStand: Invariant = {
  name: "what an agent has reported stands",
  whole: checkReports,
  reopened: checkReports,
}

function checkReports({ nodes, scopes, read, breach }: Scene): void {
  for (const node of nodes) {
    for (const [arn, taken] of node.taken()) {
      const task = scopes.flatMap((scope) => read(scope, (tx) => tx.get(tasks, arn) ?? []))[0]
      if (task === undefined) continue
      const isStopped = task.lastStatus === "STOPPED" || task.lastStatus === "DEPROVISIONING"
      const isAtAgent = task.lastStatus === "PENDING" || task.lastStatus === "PROVISIONING"
      if ((taken === "STOPPED" && !isStopped) || (taken === "RUNNING" && isAtAgent)) {
        breach(`${node.name} has reported ${shortArn(arn)} ${taken}, and it is ${task.lastStatus}`)
      }
    }
  }
}
