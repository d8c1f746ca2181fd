import type { Capacity } from "../src/services/ecs/placement/capacity.ts"
import type { InstanceCapacity } from "../src/services/ecs/placement/instance-capacity.ts"
import type { Spot } from "../src/services/ecs/placement/plan.ts"
import type { PlacementRequest } from "../src/services/ecs/placement/request.ts"
import { isAddressed, requirementsOf } from "../src/services/ecs/placement/requirement.ts"
import { measuresOf } from "../src/services/ecs/placement/strategy.ts"
import type { Random } from "../src/world/world.ts"

/** What one would write first: look at every instance for every task. Even this knows what is left of each without counting. */
export function scan(capacity: Capacity, request: PlacementRequest, random: Random): Spot | undefined {
  const cluster = capacity.cluster(request.clusterArn)
  if (cluster === undefined) return undefined
  const requirements = requirementsOf(request, cluster)
  const kin = cluster.kin(request)
  const tasksOn = (instance: InstanceCapacity) => (kin === undefined ? 0 : instance.tasks.of(kin))
  let best = [...cluster.instances.values()].filter(
    (instance) => isAddressed(request, instance.face) && requirements.every(({ holds }) => holds(instance)),
  )
  for (const measure of measuresOf(request.strategy, request.serviceArn !== undefined)) {
    const { kind } = measure
    if (kind === "attribute") {
      const counts = new Map<string | undefined, number>()
      const bucketOf = ({ attributes }: InstanceCapacity) => attributes.get(measure.name)
      for (const instance of cluster.instances.values()) {
        counts.set(bucketOf(instance), (counts.get(bucketOf(instance)) ?? 0) + tasksOn(instance))
      }
      best = least(best, (instance) => counts.get(bucketOf(instance))!)
    } else if (kind === "tasks") best = least(best, tasksOn)
    else best = least(best, (instance) => (kind === "cpu" ? instance.cpuFree : instance.memoryFree))
  }
  const chosen = best[best.length <= 1 ? 0 : random.below(best.length)]
  return chosen && { instanceArn: chosen.arn, zone: chosen.face.zone, gpuIds: [] }
}

function least(instances: readonly InstanceCapacity[], of: (instance: InstanceCapacity) => number): InstanceCapacity[] {
  let smallest = Number.POSITIVE_INFINITY
  let found: InstanceCapacity[] = []
  for (const instance of instances) {
    const value = of(instance)
    if (value > smallest) continue
    if (value < smallest) found = []
    smallest = value
    found.push(instance)
  }
  return found
}
