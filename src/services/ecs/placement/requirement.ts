import type { Attribute, PlacementConstraint } from "@aws-sdk/client-ecs"
import type { ClusterCapacity } from "./cluster-capacity.ts"
import type { Face } from "./face.ts"
import type { InstanceCapacity } from "./instance-capacity.ts"
import { compileQuery, type Test } from "./query.ts"
import type { PlacementRequest } from "./request.ts"

/** Something that an instance must have for a task. */
export interface Requirement {
  /** Why an instance is refused that does not have it, as AWS calls it. */
  readonly reason: string
  readonly holds: (instance: InstanceCapacity) => boolean

  /** Whether it depends on the tasks an instance has, or only on its own record. */
  readonly asksForTasks: boolean

  /** Whether it can begin to hold because a task has come, and not only because one has gone. */
  readonly gainsByTasks?: boolean

  /** Whether it depends on which of those tasks belong with the one that is placed. */
  readonly asksForKin?: boolean

  /** What exactly is missing. */
  readonly detail?: (instance: InstanceCapacity) => string

  /** What part of the demand is missing, from 0 to 1. */
  readonly shortfall?: (instance: InstanceCapacity) => number
}

/**
 * Whether a request is about an instance at all. One that drains, or is of another launch type or provider, is not
 * refused: it was never asked.
 */
export function isAddressed({ launchType, capacityProvider }: PlacementRequest, face: Face): boolean {
  if (face.status !== "ACTIVE") return false
  if (capacityProvider !== undefined && face.capacityProvider !== capacityProvider) return false
  return launchType === "FARGATE" || face.isExternal === (launchType === "EXTERNAL")
}

/** Everything that a request requires, in the order in which AWS looks at it: the first that is missing is the reason. */
export function requirementsOf(request: PlacementRequest, cluster: ClusterCapacity): Requirement[] {
  return [
    { reason: "AGENT", asksForTasks: false, holds: ({ face }) => face.agentConnected },
    ...attributeRequirement(request.requiredAttributes),
    ...resourceRequirements(request),
    ...zoneRequirement(request.zones),
    ...request.constraints.flatMap(memberOfRequirements),
    ...distinctRequirement(request, cluster),
  ]
}

/** What AWS says to constraints that it refuses, or what is wrong with an expression; undefined for good ones. */
export function constraintProblem(constraints: readonly PlacementConstraint[]): string | undefined {
  for (const { type, expression = "" } of constraints) {
    if (type === "distinctInstance") {
      if (expression !== "") return "distinctInstance expression should not be specified."
      continue
    }
    const compiled = compileQuery(expression)
    if (!compiled.ok) return `Invalid placement constraint expression "${expression}": ${compiled.problem}.`
  }
  return undefined
}

function attributeRequirement(required: readonly Attribute[]): Requirement[] {
  if (required.length === 0) return []
  const wanted = required.map(({ name = "", value = "" }) => ({ name, value }))
  const has = ({ face }: InstanceCapacity, { name, value }: { name: string; value: string }) =>
    value === "" ? face.attributes.has(name) : face.attributes.get(name) === value
  return [
    {
      reason: "ATTRIBUTE",
      asksForTasks: false,
      holds: (instance) => wanted.every((attribute) => has(instance, attribute)),
      detail: (instance) =>
        wanted
          .filter((attribute) => !has(instance, attribute))
          .map(({ name, value }) => (value === "" ? name : `${name}=${value}`))
          .join(", "),
    },
  ]
}

function resourceRequirements({ demand }: PlacementRequest): Requirement[] {
  const { cpu, memory, ports, gpus, interfaces } = demand
  const ofPorts: Requirement = {
    reason: "RESOURCE:PORTS",
    asksForTasks: true,
    holds: (instance) => instance.hasPorts(ports),
  }
  return [
    amount("RESOURCE:CPU", cpu, (instance) => instance.cpuFree),
    amount("RESOURCE:MEMORY", memory, (instance) => instance.memoryFree),
    // Most tasks want none of these, and every instance that is looked at is asked for all that is wanted.
    ...(ports.length === 0 ? [] : [ofPorts]),
    ...(gpus === 0 ? [] : [amount("RESOURCE:GPU", gpus, (instance) => instance.gpusFree)]),
    ...(interfaces === 0 ? [] : [amount("RESOURCE:ENI", interfaces, (instance) => instance.interfacesFree)]),
  ]
}

function amount(reason: string, wanted: number, free: (instance: InstanceCapacity) => number): Requirement {
  return {
    reason,
    asksForTasks: true,
    holds: (instance) => free(instance) >= wanted,
    shortfall: (instance) => (wanted - Math.max(0, free(instance))) / Math.max(1, wanted),
  }
}

function zoneRequirement(zones: readonly string[] | undefined): Requirement[] {
  if (zones === undefined) return []
  const holds = ({ face: { zone, isInEveryZone } }: InstanceCapacity) =>
    isInEveryZone || (zone !== undefined && zones.includes(zone))
  return [{ reason: "LOCATION", asksForTasks: false, holds }]
}

/** Two for an expression that asks both for what an instance is and for what it runs. */
function memberOfRequirements({ type, expression = "" }: PlacementConstraint): Requirement[] {
  if (type !== "memberOf") return []
  const reason = "MemberOf placement constraint unsatisfied."
  const compiled = compileQuery(expression)
  // It was good when it was accepted. Should this version read it otherwise, then it is better to place nothing.
  if (!compiled.ok) return [{ reason, asksForTasks: false, holds: () => false, detail: () => compiled.problem }]
  const { ofInstance, ofTasks } = compiled.query
  const requirement = (holds: Test | undefined, asksForTasks: boolean) =>
    holds === undefined ? [] : [{ reason, asksForTasks, gainsByTasks: asksForTasks, holds, detail: () => expression }]
  return [...requirement(ofInstance, false), ...requirement(ofTasks, true)]
}

function distinctRequirement(request: PlacementRequest, cluster: ClusterCapacity): Requirement[] {
  if (!request.constraints.some(({ type }) => type === "distinctInstance")) return []
  const holds = ({ tasks }: InstanceCapacity) => {
    const kin = cluster.kin(request)
    return kin === undefined || tasks.of(kin) === 0
  }
  return [{ reason: "DistinctInstance placement constraint unsatisfied.", asksForTasks: true, asksForKin: true, holds }]
}
