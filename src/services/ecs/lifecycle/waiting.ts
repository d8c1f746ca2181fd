import { compareStrings } from "../../../base/ordering.ts"
import { accountOf, type Scope } from "../../../store/changes.ts"
import { type Controller, controller, on } from "../../../store/controller.ts"
import type { Tx } from "../../../store/transaction.ts"
import type { Writer } from "../event/write.ts"
import { closestRefusal } from "../placement/explain.ts"
import type { PlacementRequest } from "../placement/request.ts"
import { POOL_ACCOUNT } from "../pool.ts"
import { containerInstances } from "../tables/container-instance.ts"
import { poolQueue, poolTasks } from "../tables/pool.ts"
import { type Task, tasks } from "../tables/task.ts"
import { placeTask } from "../task/create.ts"
import { explainNoPlace, findPlace, placementRequest } from "../task/place.ts"
import { definitionByArn } from "../task-definition/find.ts"

/** Finds places for the tasks that wait for the instances of a cluster, whenever one of these changes or loses a task. */
export const clusterQueue: Controller = controller({
  name: "ecs/cluster queue",
  wakes: [
    on(tasks, ({ clusterArn, launchType, lastStatus, instanceArn }) => {
      const hasWaited = lastStatus === "PROVISIONING" && instanceArn === undefined
      return launchType !== "FARGATE" && (hasWaited || lastStatus === "STOPPED") ? clusterArn : undefined
    }),
    on(containerInstances, ({ clusterArn }) => clusterArn),
  ],

  reconcile(turn, clusterArn) {
    const waiting = turn.tx.where(tasks, "waiting", `${clusterArn} EC2`)
    const inOrder = waiting.toSorted((a, b) => a.createdAt - b.createdAt || compareStrings(a.arn, b.arn))
    if (placeSome(inOrder.map((task) => ({ writer: turn, task })))) turn.again()
  },
})

/** The same for FARGATE: tasks of every account wait in one queue for the instances of the pool. */
export const fargateQueue: Controller = controller({
  name: "ecs/fargate queue",
  wakes: [
    on(poolQueue, () => POOL),
    on(poolTasks, () => POOL),
    on(containerInstances, ({ clusterArn }) => (clusterArn.split(":")[4] === POOL_ACCOUNT ? POOL : undefined)),
  ],

  reconcile(turn) {
    const waiting = turn.tx.range(poolQueue, "since", { limit: LOOKED_AT_MAX }).map(({ taskArn, scope }) => {
      const tx = turn.tx.anywhere.in(scope)
      return { writer: { ...turn, tx }, task: tx.mustGet(tasks, taskArn) }
    })
    if (placeSome(waiting)) turn.again()
  },
})

const POOL = "pool"

/** Why a task that has waited long enough was given no place. */
export function explainWaiting(tx: Tx, task: Task): string {
  if (task.launchType === "FARGATE") {
    return "Capacity is unavailable at this time. Please try again later or in a different availability zone"
  }
  const request = requestOf(tx, task)
  const closest = request && closestRefusal(explainNoPlace(tx, request))
  return `TaskFailedToStart: ${closest?.reason ?? "EMPTY CAPACITY PROVIDER"}`
}

interface Waiting {
  readonly writer: Writer
  readonly task: Task
}

/** Places a bounded number of tasks; says whether there may be room for more. Of equal tasks one failure is enough. */
function placeSome(waiting: readonly Waiting[]): boolean {
  const requests = new Map<string, PlacementRequest | undefined>()
  const hopeless = new Set<string>()
  let placed = 0
  for (const { writer, task } of waiting) {
    if (placed === PLACED_PER_TURN) return true
    const kind = kindOf(writer.tx.scope, task)
    if (hopeless.has(kind)) continue
    if (!requests.has(kind)) requests.set(kind, requestOf(writer.tx, task))
    const request = requests.get(kind)
    const spot = request && findPlace(writer, request)
    if (spot === undefined) hopeless.add(kind)
    else {
      placeTask(writer, task, spot)
      placed += 1
    }
  }
  return false
}

/** Tasks of one kind fit, or do not, on the same instances. */
function kindOf(scope: Scope, task: Task): string {
  const { definitionArn, clusterArn, serviceArn, group, capacityProvider, demand, network, placement } = task
  const owner = accountOf(scope)
  return JSON.stringify([
    owner,
    definitionArn,
    clusterArn,
    serviceArn,
    group,
    capacityProvider,
    demand,
    network,
    placement,
  ])
}

/** Undefined when the task's definition has been deleted meanwhile; it then waits until its time is up. */
function requestOf(tx: Tx, task: Task): PlacementRequest | undefined {
  const definition = definitionByArn(tx, task.definitionArn)
  return definition && placementRequest(tx, task, definition)
}

const PLACED_PER_TURN = 50
const LOOKED_AT_MAX = 500
