import { containerInstances } from "../src/services/ecs/tables/container-instance.ts"
import { deployments } from "../src/services/ecs/tables/deployment.ts"
import { poolTasks } from "../src/services/ecs/tables/pool.ts"
import { services } from "../src/services/ecs/tables/service.ts"
import { type Task, tasks } from "../src/services/ecs/tables/task.ts"
import type { Store } from "../src/store/store.ts"
import type { Node } from "./node/node.ts"
import type { Region } from "./region.ts"
import { shortArn } from "./transcript.ts"

/** What is not yet as it should be, with faults over and nobody at work any more; undefined once all of it is. */
export function unsettled(
  region: Region,
  nodes: readonly Node[],
  { scopes, now }: { readonly scopes: readonly string[]; readonly now: number },
): string | undefined {
  const { store } = region
  if (store === undefined) return "the region is down"
  for (const { name, failing } of region.controllers()) {
    const [first] = failing
    if (first !== undefined) return `controller ${name} fails for ${first.key}: ${first.message}`
  }
  for (const node of nodes) {
    const problem = unsettledNode(store, node, scopes) ?? uncleaned(node, now)
    if (problem !== undefined) return problem
  }
  for (const scope of scopes) {
    const problem = store.transact(scope, (tx) => {
      for (const service of tx.all(services)) {
        const own = tx.where(tasks, "service", service.arn).filter(({ lastStatus }) => lastStatus !== "STOPPED")
        if (service.status === "DRAINING") return `${service.name} is still DRAINING`
        if (service.status === "INACTIVE") {
          if (own.length > 0) return `${service.name} is INACTIVE and has ${own.length} tasks`
          continue
        }
        if (service.controller !== "ECS") continue
        const running = own.filter(
          ({ lastStatus, desiredStatus }) => lastStatus === "RUNNING" && desiredStatus === "RUNNING",
        )
        const wanted = service.scheduling === "DAEMON" ? daemonCount(nodes) : service.desiredCount
        if (running.length !== wanted || own.length !== wanted) {
          const has = own.map((task) => `${task.lastStatus} on ${task.instanceArn?.slice(-6)}`).join(", ")
          return `${service.name} wants ${wanted} tasks, runs ${running.length}: ${has}`
        }
        const going = tx.where(deployments, "service", service.arn).filter(({ role }) => role !== "INACTIVE")
        const [primary] = going
        if (going.length !== 1 || primary!.role !== "PRIMARY") return `${service.name} has ${going.length} deployments`
        if (primary!.rolloutState !== "COMPLETED")
          return `${service.name}'s deployment is ${primary!.rolloutState}: ${primary!.blockedBy?.reason ?? primary!.rolloutReason}`
      }
      return undefined
    })
    if (problem !== undefined) return problem
  }
  return undefined
}

function daemonCount(nodes: readonly Node[]): number {
  return nodes.filter(({ properties }) => !properties.isPool).length
}

/** The region and a machine agree on what runs there. */
function unsettledNode(store: Store, node: Node, scopes: readonly string[]): string | undefined {
  const { agent, instanceArn, name } = node
  if (agent === undefined || instanceArn === undefined || !agent.isConnected) return `${name} is not connected`
  if (!agent.isQuiet) return `${name} has something to report`
  const known = scopes.flatMap((scope) =>
    store.transact(scope, (tx): readonly Task[] => {
      const own = tx.where(tasks, "instance", instanceArn)
      const pooled = tx.where(poolTasks, "instance", instanceArn)
      return [...own, ...pooled.map(({ taskArn, scope: owner }) => tx.anywhere.in(owner).mustGet(tasks, taskArn))]
    }),
  )
  const instance = scopes.flatMap((scope) =>
    store.transact(scope, (tx) => tx.get(containerInstances, instanceArn) ?? []),
  )[0]
  if (instance === undefined) return `${name} is not known`
  if (!instance.agentConnected) return `${name} is not seen as connected`
  const shouldRun = new Set<string>()
  for (const { arn, lastStatus, desiredStatus } of known) {
    if (lastStatus !== "RUNNING" || desiredStatus !== "RUNNING")
      return `${shortArn(arn)} on ${name} is ${lastStatus}, wanted ${desiredStatus}`
    shouldRun.add(arn)
  }
  const runs = new Set(node.running())
  for (const arn of shouldRun) if (!runs.has(arn)) return `${shortArn(arn)} is RUNNING, and ${name} does not run it`
  for (const arn of runs)
    if (!shouldRun.has(arn)) return `${name} runs ${shortArn(arn)}, and the region does not know of it`
  return undefined
}

/** What has stopped is forgotten after a while, unless a clock that was put back makes that while very long. */
function uncleaned({ own, name }: Node, now: number): string | undefined {
  if (own === undefined) return undefined
  const { disk, machine } = own
  const known = [...disk.state.tasks.values()]
  const stopped = known.find(({ knownStatus, stoppedAt = 0 }) => knownStatus === "STOPPED" && stoppedAt <= now)
  if (stopped !== undefined) return `${name} has yet to forget ${shortArn(stopped.arn)}`
  const countMax = known.reduce((sum, { containers }) => sum + containers.length, 0)
  const { length: count } = machine.containers
  return count > countMax ? `${name} has ${count} containers where ${countMax} may be` : undefined
}
