import type { Capacity } from "./capacity.ts"
import type { InstanceCapacity } from "./instance-capacity.ts"
import type { PlacementRequest } from "./request.ts"
import { isAddressed, type Requirement, requirementsOf } from "./requirement.ts"

/** Why an instance was not taken. */
export interface Refusal {
  readonly instanceArn: string

  /** The first thing that is missing, as AWS calls it: `RESOURCE:MEMORY`. */
  readonly reason: string
  readonly detail?: string

  /** How many of the things required are missing, and what part of the resources: the less, the closer. */
  readonly missing: number
  readonly shortfall: number
}

/**
 * Why each instance was refused for which `planPlacement` found no place. It looks at every instance and is meant for
 * failures alone: `failures` of RunTask and the events of a service both come from here.
 */
export function explainPlacement(capacity: Capacity, request: PlacementRequest): Refusal[] {
  const cluster = capacity.cluster(request.clusterArn)
  if (cluster === undefined) return []
  const requirements = requirementsOf(request, cluster)
  return [...cluster.instances.values()]
    .filter(({ face }) => isAddressed(request, face))
    .flatMap((instance) => refusalOf(instance, requirements) ?? [])
}

/** Why one instance, which the caller has named, cannot take the task; undefined when it can. */
export function explainInstance(
  capacity: Capacity,
  request: PlacementRequest,
  instanceArn: string,
): Refusal | undefined {
  const instance = capacity.instance(instanceArn)
  const cluster = capacity.cluster(request.clusterArn)
  if (instance === undefined || cluster === undefined || !cluster.instances.has(instanceArn)) {
    return refused(instanceArn, "MISSING")
  }
  if (instance.face.status !== "ACTIVE") return refused(instanceArn, "INACTIVE")
  return refusalOf(instance, requirementsOf(request, cluster))
}

/** The instance that lacks the least. */
export function closestRefusal(refusals: readonly Refusal[]): Refusal | undefined {
  let closest: Refusal | undefined
  for (const refusal of refusals) if (closest === undefined || isCloser(refusal, closest)) closest = refusal
  return closest
}

/** Why a service could not place a task, as its event says it behind the service's name. */
export function placementProblem(refusals: readonly Refusal[]): string {
  const closest = closestRefusal(refusals)
  const problem =
    closest === undefined
      ? "Reason: No Container Instances were found in your cluster."
      : `The closest matching (container-instance ${idOf(closest.instanceArn)}) ${sentenceOf(closest)}`
  return `was unable to place a task because no container instance met all of its requirements. ${problem} For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.`
}

const SENTENCES: ReadonlyMap<string, string> = new Map([
  ["RESOURCE:CPU", "has insufficient CPU units available."],
  ["RESOURCE:MEMORY", "has insufficient memory available."],
  ["RESOURCE:PORTS", "is already using a port required by your task."],
  ["ATTRIBUTE", "is missing an attribute required by your task."],
])

function sentenceOf({ reason }: Refusal): string {
  return SENTENCES.get(reason) ?? `encountered error "${reason}".`
}

function idOf(arn: string): string {
  return arn.slice(arn.lastIndexOf("/") + 1)
}

function isCloser(a: Refusal, b: Refusal): boolean {
  if (a.missing !== b.missing) return a.missing < b.missing
  if (a.shortfall !== b.shortfall) return a.shortfall < b.shortfall
  return a.instanceArn < b.instanceArn
}

function refused(instanceArn: string, reason: string): Refusal {
  return { instanceArn, reason, missing: 1, shortfall: 0 }
}

function refusalOf(instance: InstanceCapacity, requirements: readonly Requirement[]): Refusal | undefined {
  const missing = requirements.filter(({ holds }) => !holds(instance))
  const [first] = missing
  if (first === undefined) return undefined
  let shortfall = 0
  for (const requirement of missing) shortfall += requirement.shortfall?.(instance) ?? 0
  const { reason, detail } = first
  return {
    instanceArn: instance.arn,
    reason,
    missing: missing.length,
    shortfall,
    ...(detail && { detail: detail(instance) }),
  }
}
