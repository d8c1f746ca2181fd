import { isDeepStrictEqual } from "node:util"
import type {
  CapacityProviderStrategyItem,
  CreateServiceRequest,
  PlacementConstraint,
  PlacementStrategy,
} from "@aws-sdk/client-ecs"
import type { Call } from "../../../aws/operations.ts"
import { newDigits } from "../../../world/ids.ts"
import { checkStrategy } from "../capacity-provider/strategy.ts"
import { invalid } from "../fault.ts"
import { constraintProblem } from "../placement/requirement.ts"
import { strategyProblem } from "../placement/strategy.ts"
import type { Cluster } from "../tables/cluster.ts"
import { type ServiceRevision, serviceRevisions } from "../tables/revision.ts"
import type { Service } from "../tables/service.ts"
import type { TaskDefinition } from "../tables/task-definition.ts"
import { launchOf } from "../task/launch.ts"
import { checkNetwork } from "../task/network.ts"
import { launchTypeOf } from "./revision.ts"

/** What a caller may say of a revision; the rest is whose it is and when it was made. */
export type RevisionContent = Omit<
  ServiceRevision,
  "arn" | "serviceArn" | "clusterArn" | "createdAt" | "imageDigests" | "until"
>

type Asked = Pick<
  CreateServiceRequest,
  "launchType" | "capacityProviderStrategy" | "platformVersion" | "networkConfiguration"
>

/** What a service or a task set is to run, once it is known that it can. */
export function checkedContent(
  call: Call,
  cluster: Cluster,
  definition: TaskDefinition,
  asked: Asked,
): RevisionContent {
  if (asked.launchType !== undefined && !LAUNCH_TYPES.includes(asked.launchType)) {
    throw invalid(`launch type should be one of [${LAUNCH_TYPES.join(",")}]`)
  }
  const { launchType, strategy } = launchOf(call, cluster, definition, asked)
  checkNetwork(call, definition, asked.networkConfiguration, launchType)
  return {
    definitionArn: definition.arn,
    launchType: strategy.length > 0 ? undefined : launchType,
    strategy,
    platformVersion: launchType === "FARGATE" ? (asked.platformVersion ?? "LATEST") : undefined,
    network: asked.networkConfiguration,
    loadBalancers: [],
    registries: [],
    volumes: [],
  }
}

/** The digits are those of the deployment, or of the task set, that the revision is made for. */
export function newRevision(
  call: Call,
  { arn, clusterArn }: Pick<Service, "arn" | "clusterArn">,
  content: RevisionContent,
): { readonly revision: ServiceRevision; readonly digits: string } {
  const digits = newDigits(call.random, 19)
  const revision: ServiceRevision = {
    arn: `${arn.replace(":service/", ":service-revision/")}/${digits}`,
    serviceArn: arn,
    clusterArn,
    ...content,
    createdAt: call.now,
  }
  call.tx.put(serviceRevisions, revision)
  return { revision, digits }
}

/** What an earlier revision was made of, for another like it. */
export function contentOfRevision(revision: ServiceRevision): RevisionContent {
  const { definitionArn, launchType, strategy, platformVersion, network, loadBalancers, registries, volumes } = revision
  return { definitionArn, launchType, strategy, platformVersion, network, loadBalancers, registries, volumes }
}

export function sameContent(a: RevisionContent, b: RevisionContent): boolean {
  return CONTENT.every((field) => isDeepStrictEqual(a[field], b[field]))
}

const CONTENT = [
  "definitionArn",
  "launchType",
  "strategy",
  "platformVersion",
  "network",
] as const satisfies readonly (keyof RevisionContent)[]

/** Whether a strategy that a caller sends is another one than the service has; numbers that are left out are zero. */
export function isOtherStrategy(
  call: Call,
  cluster: Cluster,
  sent: readonly CapacityProviderStrategyItem[] | undefined,
  { strategy }: Pick<ServiceRevision, "strategy">,
): boolean {
  return sent !== undefined && !isDeepStrictEqual(checkStrategy(call, sent, cluster.capacityProviders), strategy)
}

export function checkPlacement(
  content: Pick<ServiceRevision, "launchType" | "strategy">,
  constraints: readonly PlacementConstraint[],
  strategy: readonly PlacementStrategy[],
): void {
  const launchType = launchTypeOf(content)
  if (launchType === "FARGATE" && constraints.length > 0) {
    throw invalid("Placement constraints are not supported with FARGATE launch type.")
  }
  if (launchType !== "EC2" && strategy.length > 0) {
    throw invalid(`Placement strategies are not supported with ${launchType} launch type.`)
  }
  if (constraints.length > CONSTRAINTS_MAX) throw invalid(`Maximum number of constraints is ${CONSTRAINTS_MAX}.`)
  const problem = constraintProblem(constraints) ?? strategyProblem(strategy)
  if (problem !== undefined) throw invalid(problem)
}

const LAUNCH_TYPES: readonly string[] = ["EC2", "FARGATE", "EXTERNAL", "FMI", "MANAGED_INSTANCES"]
const CONSTRAINTS_MAX = 10
