import { type ContainerInstance, containerInstances } from "../../src/services/ecs/tables/container-instance.ts"
import { poolTasks } from "../../src/services/ecs/tables/pool.ts"
import { type Demand, type Task, tasks } from "../../src/services/ecs/tables/task.ts"
import type { Tx } from "../../src/store/transaction.ts"
import { shortArn } from "../transcript.ts"
import type { Invariant, Scene } from "./invariant.ts"

export const capacityHolds: Invariant = {
  name: "an instance never has more than it has room for",
  changed({ table, scope, after }, scene) {
    const placed =
      table === tasks || table === poolTasks ? (after as Pick<Task, "instanceArn"> | undefined)?.instanceArn : undefined
    if (placed !== undefined) scene.read(scope, (tx) => checkInstance(tx, placed, scene))
  },
  whole(scene) {
    for (const scope of scene.scopes) {
      scene.read(scope, (tx) => {
        for (const { arn } of tx.all(containerInstances)) checkInstance(tx, arn, scene)
      })
    }
  },
}

function checkInstance(tx: Tx, arn: string, { nodes, breach }: Scene): void {
  const instance = tx.get(containerInstances, arn)
  // A FARGATE task's instance lies in the pool's scope, where its pool task says what it takes.
  if (instance === undefined || instance.status === "INACTIVE") return
  const here = nodes.filter(({ instanceArn }) => instanceArn === arn)
  const { demands, bound } = holdings(tx, instance, new Set(here.flatMap((node) => node.running())))
  const taken = (of: (demand: Demand) => number) => demands.reduce((sum, demand) => sum + of(demand), 0)
  for (const [name, used] of [
    ["CPU", taken(({ cpu }) => cpu)],
    ["MEMORY", taken(({ memory }) => memory)],
  ] as const) {
    const has = instance.registeredResources.find((resource) => resource.name === name)?.integerValue ?? 0
    if (used > has) breach(`${shortArn(arn)} has ${has} ${name}, and its tasks hold ${used}`)
  }
  const ports = [...demands.flatMap((demand) => demand.ports), ...bound]
  const twice = ports.find((port, at) => ports.indexOf(port) !== at)
  if (twice !== undefined) breach(`port ${twice} of ${shortArn(arn)} is held twice`)
}

function holdings(
  tx: Tx,
  { arn }: ContainerInstance,
  running: ReadonlySet<string>,
): { readonly demands: readonly Demand[]; readonly bound: readonly string[] } {
  const own = tx.where(tasks, "instance", arn)
  const pooled = tx.where(poolTasks, "instance", arn)
  // A machine may give a port of its own choice away again before the region has heard that it is free.
  const bound = own.flatMap(({ arn: task, containers, demand }) =>
    (running.has(task) ? containers : []).flatMap(({ networkBindings = [] }) =>
      networkBindings.flatMap(({ hostPort, protocol = "tcp" }) => {
        const port = `${hostPort}/${protocol}`
        return hostPort === undefined || hostPort === 0 || demand.ports.includes(port) ? [] : port
      }),
    ),
  )
  return { demands: [...own, ...pooled].map(({ demand }) => demand), bound }
}
