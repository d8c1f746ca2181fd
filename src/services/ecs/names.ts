import { arnOf, parseArn, resourceOf } from "../../aws/arn.ts"
import type { Call } from "../../aws/operations.ts"
import { invalid } from "./fault.ts"

/** The ARN of the cluster that a caller means by a name or an ARN. */
export function clusterArn(call: Call, identifier: string): string {
  return identified(call, "cluster", identifier)
}

export function capacityProviderArn(call: Call, identifier: string): string {
  return identified(call, "capacity-provider", identifier)
}

/** The ARN of what is in a cluster and goes by an id that AWS makes, a container instance or a task; `*` stands for any of them. */
export function memberArn(
  call: Call,
  kind: "container-instance" | "task",
  cluster: string,
  identifier: string,
): string {
  const isArn = identifier.startsWith("arn:")
  const path = isArn ? resourceInArn(identifier, kind) : identifier
  checkSeparators(path, isArn ? 2 : 0)
  if (identifier !== "*" && ![32, 36].includes(path.length - path.lastIndexOf("/") - 1)) {
    throw invalid(`${kind === "task" ? "taskId" : "containerInstanceId"} length should be one of [32,36]`)
  }
  return isArn ? identifier : arnOf("ecs", call, `${kind}/${resourceOf(parseArn(cluster)!).id}/${identifier}`)
}

/** The ARN of a service that a caller means by its name, within a cluster, or by an ARN. */
export function serviceArn(call: Call, cluster: string, identifier: string): string {
  if (identifier.startsWith("arn:")) {
    checkSeparators(resourceInArn(identifier, "service"), 2)
    return identifier
  }
  checkSeparators(identifier, 0)
  return arnOf("ecs", call, `service/${resourceOf(parseArn(cluster)!).id}/${identifier}`)
}

/** An ARN says whose it is, and is left as it is: in another account or region nothing will be found under it. */
function identified(call: Call, kind: string, identifier: string): string {
  if (identifier.startsWith("arn:")) {
    checkSeparators(resourceInArn(identifier, kind), 1)
    return identifier
  }
  checkSeparators(identifier, 0)
  return arnOf("ecs", call, `${kind}/${identifier}`)
}

function resourceInArn(identifier: string, kind: string): string {
  const arn = parseArn(identifier)
  if (arn === undefined || arn.service !== "ecs" || resourceOf(arn).type !== kind) {
    throw invalid("Invalid identifier: Identifier is not a valid ARN of the expected resource type")
  }
  return arn.resource
}

function checkSeparators(text: string, countMax: number): void {
  if (text.split("/").length - 1 > countMax) throw invalid("Invalid identifier: Unexpected number of separators")
}

/** An ARN that a tagging operation names: of ECS, and of a kind of resource that can have tags. */
export function taggedArn(identifier: string): string {
  const arn = parseArn(identifier)
  if (arn === undefined || arn.service !== "ecs" || !TAGGED_KINDS.includes(resourceOf(arn).type)) {
    throw invalid("Invalid identifier: Identifier is not a valid ARN of the expected resource type")
  }
  return identifier
}

const TAGGED_KINDS = [
  "cluster",
  "service",
  "task",
  "container-instance",
  "task-definition",
  "capacity-provider",
  "task-set",
]
