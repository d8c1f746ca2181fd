import type { LaunchType, NetworkConfiguration } from "@aws-sdk/client-ecs"
import type { Call } from "../../../aws/operations.ts"
import { defaultVpc, securityGroups, subnets } from "../../ec2/index.ts"
import { invalid } from "../fault.ts"
import type { TaskDefinition } from "../tables/task-definition.ts"

/** The network of tasks in awsvpc mode must be given, and that of others cannot be. */
export function checkNetwork(
  call: Call,
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
  const { subnets: subnetIds = [], securityGroups: groupIds = [], assignPublicIp } = vpc
  if (subnetIds.length === 0) throw invalid("subnets can not be empty.")
  if (subnetIds.length > SUBNETS_MAX) throw invalid(`subnets can have at most ${SUBNETS_MAX} items.`)
  if (groupIds.length > SECURITY_GROUPS_MAX) {
    throw invalid(`securityGroups can have at most ${SECURITY_GROUPS_MAX} items.`)
  }
  if (assignPublicIp === "ENABLED" && launchType !== "FARGATE") {
    throw invalid("Assign public IP is not supported for this launch type.")
  }
  checkParts(call, subnetIds, groupIds)
}

/** All that is named must be there, and belong together. What EC2 says of it ECS hands on. */
function checkParts(call: Call, subnetIds: readonly string[], groupIds: readonly string[]): void {
  // Who has never asked EC2 for anything has a default VPC all the same.
  defaultVpc(call)
  const missingSubnet = subnetIds.find((id) => call.tx.get(subnets, id) === undefined)
  if (missingSubnet !== undefined) {
    throw invalid(
      `Error retrieving subnet information for [${subnetIds.join(", ")}]: The subnet ID '${missingSubnet}' does not exist (ErrorCode: InvalidSubnetID.NotFound)`,
    )
  }
  const vpcIds = new Set(subnetIds.map((id) => call.tx.mustGet(subnets, id).vpcId))
  if (vpcIds.size > 1) throw invalid("All subnets must be in the same VPC.")

  const missingGroup = groupIds.find((id) => call.tx.get(securityGroups, id) === undefined)
  if (missingGroup !== undefined) {
    throw invalid(
      `Error retrieving security group information for [${groupIds.join(", ")}]: The security group '${missingGroup}' does not exist (ErrorCode: InvalidGroup.NotFound)`,
    )
  }
  const stranger = groupIds.find((id) => !vpcIds.has(call.tx.mustGet(securityGroups, id).vpcId))
  if (stranger !== undefined) {
    throw invalid(`Security group ${stranger} does not appear to belong to the same VPC as the input subnets.`)
  }
}

const SUBNETS_MAX = 16
const SECURITY_GROUPS_MAX = 5
