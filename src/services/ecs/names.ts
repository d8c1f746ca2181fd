import type { Call } from "../../aws/operations.ts"
import { fault, invalid } from "./fault.ts"

/** The ARN of the cluster that a caller means by a name or an ARN. */
export function clusterArn(call: Call, identifier: string): string {
  return arnOf(call, "cluster", identifier)
}

export function capacityProviderArn(call: Call, identifier: string): string {
  return arnOf(call, "capacity-provider", identifier)
}

/** An ARN says whose it is, and is left as it is: in another account or region nothing will be found under it. */
function arnOf({ partition, region, account }: Call, kind: string, identifier: string): string {
  if (identifier.startsWith("arn:")) {
    const parts = identifier.split(":")
    if (parts.length !== 6 || parts[2] !== "ecs" || !parts[5]!.startsWith(`${kind}/`)) {
      throw invalid("Invalid identifier: Identifier is not a valid ARN of the expected resource type")
    }
    checkSeparators(parts[5]!, 1)
    return identifier
  }
  checkSeparators(identifier, 0)
  return `arn:${partition}:ecs:${region}:${account}:${kind}/${identifier}`
}

function checkSeparators(text: string, countMax: number): void {
  if (text.split("/").length - 1 > countMax) throw invalid("Invalid identifier: Unexpected number of separators")
}

export interface ResourceName {
  readonly arn: string
  readonly kind: "cluster" | "service" | "task" | "container-instance" | "task-definition" | "capacity-provider" | "task-set"
}

/** What a tagging operation's ARN names. */
export function taggedResource(arn: string): ResourceName {
  const parts = arn.split(":")
  const kind = parts[5]?.split("/")[0] ?? ""
  if (parts[0] !== "arn" || parts[2] !== "ecs" || parts.length < 6) {
    throw invalid("Invalid identifier: Identifier is not a valid ARN of the expected resource type")
  }
  if (!KINDS.includes(kind)) throw fault("ResourceNotFoundException", "The specified resource could not be found.")
  return { arn, kind: kind as ResourceName["kind"] }
}

const KINDS = ["cluster", "service", "task", "container-instance", "task-definition", "capacity-provider", "task-set"]
