import { type Controller, controller, on, type Turn } from "../../../store/controller.ts"
import { type ContainerInstance, containerInstances } from "../tables/container-instance.ts"
import { poolTasks } from "../tables/pool.ts"
import { instanceSightings, serviceReviews, services } from "../tables/service.ts"
import { tasks } from "../tables/task.ts"

/**
 * Has services looked at again when an instance comes, changes, drains or goes: those that have a task on each instance,
 * and those that have a task on this one. Most changes of an instance only count what was sent to its agent; these
 * do not raise its version and end here.
 */
export const instanceWatch: Controller = controller({
  name: "ecs/instance watch",
  wakes: [on(containerInstances, ({ arn }) => arn)],

  reconcile(turn, arn) {
    const { tx } = turn
    const instance = tx.get(containerInstances, arn)
    const seen = tx.get(instanceSightings, arn)
    if (instance === undefined || instance.status === "INACTIVE") {
      if (seen === undefined) return
      tx.delete(instanceSightings, arn)
    } else {
      if (seen?.version === instance.version) return
      tx.put(instanceSightings, { instanceArn: arn, version: instance.version })
    }
    for (const serviceArn of ownConcerned(turn, arn, instance)) review(turn, serviceArn)
    for (const { taskArn, scope } of tx.where(poolTasks, "instance", arn)) {
      const owner = tx.anywhere.in(scope)
      const serviceArn = owner.get(tasks, taskArn)?.serviceArn
      if (serviceArn !== undefined) review({ tx: owner }, serviceArn)
    }
  },
})

function ownConcerned({ tx }: Turn, arn: string, instance: ContainerInstance | undefined): Set<string> {
  const concerned = new Set<string>()
  for (const { serviceArn } of tx.where(tasks, "instance", arn)) if (serviceArn !== undefined) concerned.add(serviceArn)
  if (instance === undefined) return concerned
  for (const service of tx.where(services, "instanceDriven", instance.clusterArn)) concerned.add(service.arn)
  return concerned
}

function review({ tx }: Pick<Turn, "tx">, serviceArn: string): void {
  const number = (tx.get(serviceReviews, serviceArn)?.number ?? 0) + 1
  tx.put(serviceReviews, { serviceArn, number })
}
