import type { LaunchType, NetworkConfiguration } from "@aws-sdk/client-ecs"
import { invalid } from "../fault.ts"
import type { TaskDefinition } from "../tables.ts"

/** The network of tasks in awsvpc mode must be given, and that of others cannot be. */
export function checkNetwork(
  { definition }: TaskDefinition,
  network: NetworkConfiguration | undefined,
  launchType: LaunchType,
): void {
  const vpc = network?.awsvpcConfiguration
  if (definition.networkMode !== "awsvpc") {
    if (vpc === undefined) return
    throw invalid("Network Configuration is not valid for the given networkMode of this task definition.")
  }
  if (vpc === undefined) {
    throw invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
  }
  const { subnets = [], securityGroups = [], assignPublicIp } = vpc
  if (subnets.length === 0) throw invalid("subnets can not be empty.")
  if (subnets.length > SUBNETS_MAX) throw invalid(`subnets can have at most ${SUBNETS_MAX} items.`)
  if (securityGroups.length > SECURITY_GROUPS_MAX) {
    throw invalid(`securityGroups can have at most ${SECURITY_GROUPS_MAX} items.`)
  }
  if (assignPublicIp === "ENABLED" && launchType !== "FARGATE") {
    throw invalid("Assign public IP is not supported for this launch type.")
  }
}

const SUBNETS_MAX = 16
const SECURITY_GROUPS_MAX = 5
