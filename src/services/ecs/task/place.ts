import type { Attribute, TaskDefinition as Definition } from "@aws-sdk/client-ecs"
import { arnOf } from "../../../aws/arn.ts"
import { regionOf } from "../../../store/changes.ts"
import type { Tx } from "../../../store/transaction.ts"
import type { Subnet } from "../../ec2/index.ts"
import type { Writer } from "../event/write.ts"
import { type Capacity, capacity } from "../placement/capacity.ts"
import { explainInstance, explainPlacement, type Refusal } from "../placement/explain.ts"
import type { Face } from "../placement/face.ts"
import { candidateArns, planPlacement, type Spot } from "../placement/plan.ts"
import type { PlacementRequest } from "../placement/request.ts"
import { POOL_ACCOUNT, POOL_CLUSTER, poolOf } from "../pool.ts"
import type { PlacementWish, Task } from "../tables/task.ts"
import type { TaskDefinition } from "../tables/task-definition.ts"
import { chooseSubnet, interfaceProblem, openSubnets, subnetsOf } from "./subnet.ts"

/** What a place for a task depends on: a task that waits has all of it, and so has one that is yet to be made. */
export interface Homeless
  extends Pick<Task, "clusterArn" | "group" | "launchType" | "capacityProvider" | "demand" | "serviceArn" | "network"> {
  readonly placement?: PlacementWish | undefined
}

/** The question for an instance, the same for any number of equal tasks. */
export function placementRequest(
  tx: Tx,
  task: Homeless,
  { definition }: Pick<TaskDefinition, "definition">,
): PlacementRequest {
  const { clusterArn, launchType, demand, group, serviceArn, network, placement = NO_WISH } = task
  const zones = network && [...new Set(subnetsOf(tx, network).map(({ zone }) => zone))].sort()
  const isFargate = launchType === "FARGATE"
  return {
    clusterArn: isFargate ? poolClusterArn(tx) : clusterArn,
    launchType,
    // The pool has no providers: FARGATE and FARGATE_SPOT are two names for it.
    capacityProvider: isFargate ? undefined : task.capacityProvider,
    demand,
    group,
    serviceArn,
    requiredAttributes: [...(definition.requiresAttributes ?? []), ...platformAttributes(definition)],
    constraints: [...placement.constraints, ...(isFargate ? [] : (definition.placementConstraints ?? []))],
    strategy: placement.strategy,
    ...(network !== undefined && { network, zones }),
    ...(isFargate && { tasksByZone: tx.view(capacity).tasksByZone(clusterArn, { serviceArn, group }) }),
  }
}

const NO_WISH: PlacementWish = { constraints: [], strategy: [] }

/** Undefined when there is no room anywhere. The task is to be put there before the next one asks. */
export function findPlace({ tx, random }: Writer, request: PlacementRequest): Spot | undefined {
  const view = capacityTx(tx, request).view(capacity)
  const { network, zones = [] } = request
  if (network === undefined) return planPlacement(view, request, random)
  const open = openSubnets(tx, network).filter(({ zone }) => zones.includes(zone))
  if (open.length === 0) return undefined
  const spot = planPlacement(view, inZones(request, open), random)
  return spot && inSubnet(tx, view, spot, open, request)
}

/** The place that an instance is which the caller has named, and that was found to have room. */
export function placeOn({ tx }: Pick<Writer, "tx">, request: PlacementRequest, instanceArn: string): Spot {
  const view = tx.view(capacity)
  const instance = view.instance(instanceArn)!
  const spot = { instanceArn, zone: instance.face.zone, gpuIds: instance.freeGpuIds(request.demand.gpus) }
  if (request.network === undefined) return spot
  return inSubnet(tx, view, spot, openSubnets(tx, request.network), request)
}

/** Why an instance that the caller has named cannot take the task; undefined when it can. */
export function explainPlace(tx: Tx, request: PlacementRequest, instanceArn: string): Refusal | undefined {
  const view = tx.view(capacity)
  const refusal = explainInstance(view, request, instanceArn)
  if (refusal !== undefined || request.network === undefined) return refusal
  if (hasSubnet(openSubnets(tx, request.network), view.instance(instanceArn)!.face)) return undefined
  return noInterface(instanceArn, interfaceProblem(tx, request.network) ?? NO_ADDRESSES)
}

export function explainNoPlace(tx: Tx, request: PlacementRequest): readonly Refusal[] {
  const view = capacityTx(tx, request).view(capacity)
  const problem = interfaceProblem(tx, request.network)
  const open = request.network && openSubnets(tx, request.network)
  const refusals = explainPlacement(view, request)
  if (open === undefined) return refusals
  // What has room but for an address in its zone is refused for that.
  const refused = new Set(refusals.map(({ instanceArn }) => instanceArn))
  const closed = candidateArns(view, request).filter(
    (arn) => !refused.has(arn) && !hasSubnet(open, view.instance(arn)!.face),
  )
  return [...refusals, ...closed.map((arn) => noInterface(arn, problem ?? NO_ADDRESSES))]
}

function hasSubnet(open: readonly Subnet[], face: Face): boolean {
  return open.some(({ zone }) => face.isInEveryZone || zone === face.zone)
}

function noInterface(instanceArn: string, detail: string): Refusal {
  return { instanceArn, reason: "RESOURCE:ENI", detail, missing: 1, shortfall: 1 }
}

const NO_ADDRESSES = "The specified subnet does not have enough free addresses to satisfy the request."

function inSubnet(tx: Tx, view: Capacity, spot: Spot, open: readonly Subnet[], request: PlacementRequest): Spot {
  const { id, zone } = chooseSubnet(tx, open, view.instance(spot.instanceArn)!.face, request)
  return { ...spot, zone, subnetId: id }
}

/** The request with just the zones that have an address left; the same object for the same zones, as it is a key. */
function inZones(request: PlacementRequest, open: readonly Subnet[]): PlacementRequest {
  const zones = request.zones!.filter((zone) => open.some((subnet) => subnet.zone === zone))
  if (zones.length === request.zones!.length) return request
  const narrowed = NARROWED.get(request) ?? new Map<string, PlacementRequest>()
  NARROWED.set(request, narrowed)
  const key = zones.join(" ")
  const known = narrowed.get(key) ?? { ...request, zones }
  narrowed.set(key, known)
  return known
}

const NARROWED = new WeakMap<PlacementRequest, Map<string, PlacementRequest>>()

function capacityTx(tx: Tx, { launchType }: PlacementRequest): Tx {
  return launchType === "FARGATE" ? poolOf(tx) : tx
}

function poolClusterArn({ scope }: Tx): string {
  return arnOf("ecs", { account: POOL_ACCOUNT, region: regionOf(scope) }, `cluster/${POOL_CLUSTER}`)
}

/** What a definition says of its machine beside what its agent must be able to do. */
function platformAttributes({ runtimePlatform = {} }: Pick<Definition, "runtimePlatform">): Attribute[] {
  const { cpuArchitecture, operatingSystemFamily: family } = runtimePlatform
  const attributes: Attribute[] = []
  if (cpuArchitecture !== undefined) {
    attributes.push({ name: "ecs.cpu-architecture", value: cpuArchitecture.toLowerCase() })
  }
  if (family !== undefined) {
    attributes.push({ name: "ecs.os-type", value: family.startsWith("WINDOWS") ? "windows" : "linux" })
  }
  return attributes
}
