import type { CapacityProviderStrategyItem, LaunchType, RunTaskRequest } from "@aws-sdk/client-ecs"
import type { Call } from "../../../aws/operations.ts"
import { checkStrategy } from "../capacity-provider/strategy.ts"
import { fault, invalid, notYet } from "../fault.ts"
import type { Cluster } from "../tables/cluster.ts"
import type { TaskDefinition } from "../tables/task-definition.ts"

/** Where tasks are to run: on machines of a launch type, or as a strategy shares them out over capacity providers. */
export interface Launch {
  readonly launchType: LaunchType
  readonly strategy: readonly CapacityProviderStrategyItem[]

  /** Resolved; only FARGATE has one. */
  readonly platformVersion: string | undefined
}

type Asked = Pick<RunTaskRequest, "launchType" | "capacityProviderStrategy" | "platformVersion">

/** What the caller says counts first, then the cluster's default strategy; without either it is EC2. */
export function launchOf(call: Call, cluster: Cluster, definition: TaskDefinition, asked: Asked): Launch {
  const { launchType: named, capacityProviderStrategy: sent = [] } = asked
  if (named !== undefined && sent.length > 0) {
    throw invalid(
      "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.",
    )
  }
  if (named !== undefined && !LAUNCH_TYPES.includes(named)) {
    throw invalid(`launchType should be one of [${LAUNCH_TYPES.join(",")}]`)
  }
  if (named === "MANAGED_INSTANCES") throw notYet("ECS Managed Instances (launchType MANAGED_INSTANCES)")

  const strategy = named === undefined ? strategyOf(call, cluster, sent) : []
  const launchType = strategy.length > 0 ? launchTypeOf(strategy[0]!.capacityProvider!) : (named ?? "EC2")
  checkCompatible(definition, launchType)
  return { launchType, strategy, platformVersion: platformVersionOf(launchType, asked.platformVersion) }
}

export function launchTypeOf(capacityProvider: string): LaunchType {
  return capacityProvider === "FARGATE" || capacityProvider === "FARGATE_SPOT" ? "FARGATE" : "EC2"
}

export function checkCompatible({ definition }: TaskDefinition, launchType: LaunchType): void {
  if (!definition.compatibilities?.includes(launchType)) {
    throw invalid(`Task definition does not support launch_type ${launchType}.`)
  }
}

function strategyOf(
  call: Call,
  cluster: Cluster,
  sent: readonly CapacityProviderStrategyItem[],
): readonly CapacityProviderStrategyItem[] {
  if (sent.length === 0) return cluster.defaultStrategy
  if (sent.filter(({ base = 0 }) => base > 0).length > 1) {
    throw invalid(
      "There are multiple capacity providers in the specified capacity provider strategy with a base value greater than zero. Only one capacity provider can have a base value greater than zero. Specify a valid capacity provider strategy and try again.",
    )
  }
  const strategy = checkStrategy(call, sent, cluster.capacityProviders)
  if (new Set(strategy.map(({ capacityProvider }) => launchTypeOf(capacityProvider!))).size > 1) {
    throw invalid(
      "A capacity provider strategy cannot contain a mix of capacity providers using Auto Scaling groups and Fargate providers. Specify one or the other and try again.",
    )
  }
  return strategy
}

function platformVersionOf(launchType: LaunchType, asked: string | undefined): string | undefined {
  if (launchType !== "FARGATE") {
    if (asked === undefined) return undefined
    throw invalid(`The platform version must be null when specifying an ${launchType} launch type.`)
  }
  const version = asked === undefined || asked === "LATEST" ? PLATFORM_LATEST : asked
  if (PLATFORMS.includes(version)) return version
  throw fault("PlatformUnknownException", "The specified platform version does not exist.")
}

const LAUNCH_TYPES: readonly string[] = ["EC2", "EXTERNAL", "FARGATE", "MANAGED_INSTANCES"]
const PLATFORM_LATEST = "1.4.0"
const PLATFORMS = ["1.3.0", PLATFORM_LATEST]
