import type { Attribute, TaskDefinition as Definition } from "@aws-sdk/client-ecs"
import { arnOf } from "../../../aws/arn.ts"
import { regionOf } from "../../../store/changes.ts"
import type { Tx } from "../../../store/transaction.ts"
import type { Writer } from "../event/write.ts"
import { capacity } from "../placement/capacity.ts"
import { explainPlacement, type Refusal } from "../placement/explain.ts"
import { planPlacement, type Spot } from "../placement/plan.ts"
import type { PlacementRequest } from "../placement/request.ts"
import { POOL_ACCOUNT, POOL_CLUSTER, poolOf } from "../pool.ts"
import type { PlacementWish, Task, TaskDefinition } from "../tables.ts"

/** What a place for a task depends on: a task that waits has all of it, and so has one that is yet to be made. */
export interface Homeless
  extends Pick<Task, "clusterArn" | "group" | "launchType" | "capacityProvider" | "demand" | "serviceArn"> {
  readonly placement?: PlacementWish | undefined
}

/** The question for an instance, the same for any number of equal tasks. */
export function placementRequest(
  tx: Tx,
  task: Homeless,
  { definition }: Pick<TaskDefinition, "definition">,
): PlacementRequest {
  const { clusterArn, launchType, demand, group, serviceArn, placement = NO_WISH } = task
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
    ...(isFargate && { tasksByZone: tx.view(capacity).tasksByZone(clusterArn, { serviceArn, group }) }),
  }
}

const NO_WISH: PlacementWish = { constraints: [], strategy: [] }

/** Undefined when there is no room anywhere. The task is to be put there before the next one asks. */
export function findPlace({ tx, random }: Writer, request: PlacementRequest): Spot | undefined {
  return planPlacement(capacityTx(tx, request).view(capacity), request, random)
}

export function explainNoPlace(tx: Tx, request: PlacementRequest): readonly Refusal[] {
  return explainPlacement(capacityTx(tx, request).view(capacity), request)
}

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
