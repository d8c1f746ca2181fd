import type { PlacementStrategy } from "@aws-sdk/client-ecs"
import type { ContainerInstance } from "../tables/container-instance.ts"
import type { PoolTask } from "../tables/pool.ts"
import type { Task } from "../tables/task.ts"
import { compileQuery, matches, type QueriedInstance } from "./query.ts"
import type { PlacementRequest } from "./request.ts"

export interface Records {
  readonly instances: readonly ContainerInstance[]
  readonly tasks: readonly Task[]
  readonly poolTasks: readonly PoolTask[]
}

export interface Scan {
  /** Those of which any may be taken. */
  readonly best: ReadonlySet<string>

  /** Why each of the others that were asked cannot be taken at all. */
  readonly reasons: ReadonlyMap<string, string>
}

/** The rules of placement word for word, with everything counted anew: what a plan has to agree with. */
export function scanPlacement(records: Records, request: PlacementRequest): Scan {
  const asked = records.instances.filter((instance) => isAsked(instance, request))
  const reasons = new Map<string, string>()
  for (const instance of asked) {
    const reason = reasonAgainst(instance, records, request)
    if (reason !== undefined) reasons.set(instance.arn, reason)
  }
  let best = asked.filter(({ arn }) => !reasons.has(arn))
  const spreadBy: string[] = []
  for (const { type, field = "" } of strategyOf(request)) {
    if (type === "random") break
    if (type === "spread" && field.startsWith("attribute:")) spreadBy.push(field.slice("attribute:".length))
    best = least(best, (instance) => {
      if (type === "binpack") return left(instance, field === "cpu" ? "CPU" : "MEMORY", records)
      const near = field.startsWith("attribute:")
        ? records.instances.filter((other) =>
            spreadBy.every((name) => attributeOf(other, name) === attributeOf(instance, name)),
          )
        : [instance]
      const arns = new Set(near.map(({ arn }) => arn))
      const zone = attributeOf(instance, "ecs.availability-zone")
      if (
        request.tasksByZone !== undefined &&
        spreadBy.length === 1 &&
        field === "attribute:ecs.availability-zone" &&
        zone !== undefined
      ) {
        return request.tasksByZone(zone)
      }
      return kinOf(records, request).filter((task) => arns.has(task.instanceArn!)).length
    })
  }
  return { best: new Set(best.map(({ arn }) => arn)), reasons }
}

function strategyOf({ strategy, serviceArn }: PlacementRequest): readonly PlacementStrategy[] {
  if (strategy.length > 0 || serviceArn === undefined) return strategy
  return [
    { type: "spread", field: "attribute:ecs.availability-zone" },
    { type: "spread", field: "instanceId" },
  ]
}

function isAsked(instance: ContainerInstance, { clusterArn, launchType, capacityProvider }: PlacementRequest): boolean {
  if (instance.clusterArn !== clusterArn || instance.status !== "ACTIVE") return false
  if (capacityProvider !== undefined && instance.capacityProvider !== capacityProvider) return false
  const isExternal = instance.attributes.some(({ name }) => name === "ecs.capability.external")
  return launchType === "FARGATE" || isExternal === (launchType === "EXTERNAL")
}

function reasonAgainst(instance: ContainerInstance, records: Records, request: PlacementRequest): string | undefined {
  const { demand, requiredAttributes, zones, constraints } = request
  if (!instance.agentConnected) return "AGENT"
  for (const { name, value } of requiredAttributes) {
    const own = attributeOf(instance, name!)
    if (own === undefined || (value && own !== value)) return "ATTRIBUTE"
  }
  if (left(instance, "CPU", records) < demand.cpu) return "RESOURCE:CPU"
  if (left(instance, "MEMORY", records) < demand.memory) return "RESOURCE:MEMORY"
  const taken = takenPorts(instance, records)
  if (demand.ports.some((port) => taken.has(port))) return "RESOURCE:PORTS"
  const gpus = resource(instance, "GPU")?.stringSetValue?.length ?? 0
  if (demand.gpus > 0 && gpus - sum(held(instance, records), "gpus") < demand.gpus) return "RESOURCE:GPU"
  const interfaces = Number(attributeOf(instance, "homeport.task-interfaces") ?? 1000)
  if (demand.interfaces > 0 && interfaces - sum(held(instance, records), "interfaces") < demand.interfaces)
    return "RESOURCE:ENI"
  const zone = attributeOf(instance, "ecs.availability-zone")
  if (zones !== undefined && zone !== undefined && instance.zoneIsAssumed === undefined && !zones.includes(zone))
    return "LOCATION"
  for (const { type, expression } of constraints) {
    if (type !== "memberOf") continue
    const compiled = compileQuery(expression!)
    if (!compiled.ok || !matches(compiled.query, queried(instance, records))) {
      return "MemberOf placement constraint unsatisfied."
    }
  }
  const isDistinct = constraints.some(({ type }) => type === "distinctInstance")
  if (isDistinct && kinOf(records, request).some((task) => task.instanceArn === instance.arn)) {
    return "DistinctInstance placement constraint unsatisfied."
  }
  return undefined
}

export function queried(instance: ContainerInstance, records: Records): QueriedInstance {
  const here = tasksOn(instance, records)
  return {
    attributes: new Map(instance.attributes.map(({ name, value }) => [name!, value ?? ""])),
    agentConnected: instance.agentConnected,
    agentVersion: instance.agentVersion,
    ec2InstanceId: instance.ec2InstanceId,
    registeredAt: instance.registeredAt,
    runningTasksCount: here.filter(({ lastStatus }) => lastStatus === "RUNNING").length,
    someGroup: (holds) => here.some(({ desiredStatus, group }) => desiredStatus === "RUNNING" && holds(group)),
  }
}

/** The tasks that are to run and belong with the one that wants a place. */
function kinOf({ tasks }: Records, { clusterArn, serviceArn, group }: PlacementRequest): Task[] {
  return tasks.filter((task) => {
    if (task.clusterArn !== clusterArn || task.lastStatus === "STOPPED" || task.desiredStatus === "STOPPED")
      return false
    return serviceArn === undefined
      ? task.serviceArn === undefined && task.group === group
      : task.serviceArn === serviceArn
  })
}

function tasksOn({ arn }: ContainerInstance, { tasks }: Records): Task[] {
  return tasks.filter(
    (task) => task.instanceArn === arn && task.lastStatus !== "STOPPED" && task.launchType !== "FARGATE",
  )
}

function held(instance: ContainerInstance, records: Records) {
  const fromPool = records.poolTasks.filter(({ instanceArn }) => instanceArn === instance.arn)
  return [...tasksOn(instance, records), ...fromPool].map(({ demand }) => demand)
}

function sum(demands: readonly Task["demand"][], of: "cpu" | "memory" | "gpus" | "interfaces"): number {
  return demands.reduce((total, demand) => total + demand[of], 0)
}

function left(instance: ContainerInstance, name: "CPU" | "MEMORY", records: Records): number {
  const total = resource(instance, name)?.integerValue ?? 0
  return total - sum(held(instance, records), name === "CPU" ? "cpu" : "memory")
}

function takenPorts(instance: ContainerInstance, records: Records): ReadonlySet<string> {
  const bindings = tasksOn(instance, records).flatMap(({ containers }) =>
    containers.flatMap(({ networkBindings = [] }) =>
      networkBindings.map(({ hostPort, protocol = "tcp" }) => `${hostPort}/${protocol}`),
    ),
  )
  return new Set([
    ...(resource(instance, "PORTS")?.stringSetValue ?? []).map((port) => `${port}/tcp`),
    ...(resource(instance, "PORTS_UDP")?.stringSetValue ?? []).map((port) => `${port}/udp`),
    ...held(instance, records).flatMap(({ ports }) => ports),
    ...bindings,
  ])
}

function resource({ registeredResources }: ContainerInstance, wanted: string) {
  return registeredResources.find(({ name }) => name === wanted)
}

function attributeOf({ attributes }: ContainerInstance, wanted: string): string | undefined {
  const attribute = attributes.find(({ name }) => name === wanted)
  return attribute === undefined ? undefined : (attribute.value ?? "")
}

function least(
  instances: readonly ContainerInstance[],
  of: (instance: ContainerInstance) => number,
): ContainerInstance[] {
  const values = instances.map(of)
  const smallest = Math.min(...values)
  return instances.filter((_, index) => values[index] === smallest)
}
