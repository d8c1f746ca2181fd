import type { AwsVpcConfiguration, NetworkConfiguration } from "@aws-sdk/client-ecs"
import { compareStrings } from "../../../base/ordering.ts"
import type { Tx } from "../../../store/transaction.ts"
import { availableCount, type Subnet, securityGroups, subnets } from "../../ec2/index.ts"
import { capacity } from "../placement/capacity.ts"
import type { Face } from "../placement/face.ts"
import type { PlacementRequest } from "../placement/request.ts"

/** The subnets that a task may have its interface in, as far as they are there. */
export function subnetsOf(tx: Tx, network: NetworkConfiguration | undefined): readonly Subnet[] {
  return network?.awsvpcConfiguration?.subnets?.flatMap((id) => tx.get(subnets, id) ?? []) ?? []
}

/** Those in which it could have one now: there are free addresses, and its security groups are there. */
export function openSubnets(tx: Tx, network: NetworkConfiguration): readonly Subnet[] {
  return subnetsOf(tx, network).filter(
    (subnet) => hasGroups(tx, network.awsvpcConfiguration!, subnet) && availableCount({ tx }, subnet) > 0,
  )
}

/** Why a task can have an interface in none of its subnets; undefined when it can. */
export function interfaceProblem(tx: Tx, network: NetworkConfiguration | undefined): string | undefined {
  const configuration = network?.awsvpcConfiguration
  if (configuration === undefined || openSubnets(tx, network!).length > 0) return undefined
  const present = subnetsOf(tx, network)
  if (present.length === 0) return `The subnet ID '${configuration.subnets![0]}' does not exist`
  const lost = configuration.securityGroups?.find((id) => tx.get(securityGroups, id) === undefined)
  if (lost !== undefined) return `The security group '${lost}' does not exist`
  return "The specified subnet does not have enough free addresses to satisfy the request."
}

/**
 * The subnet in which a task on a machine gets its interface: one of the machine's zone, if that is known. Among several
 * it is the one in the zone with the fewest tasks of the same kind, and then the one with the most free addresses.
 */
export function chooseSubnet(tx: Tx, open: readonly Subnet[], face: Face, request: PlacementRequest): Subnet {
  const { clusterArn, tasksByZone = tx.view(capacity).tasksByZone(clusterArn, request) } = request
  const ranked = open
    .filter(({ zone }) => face.isInEveryZone || zone === face.zone)
    .map((subnet) => ({ subnet, tasks: tasksByZone(subnet.zone), free: availableCount({ tx }, subnet) }))
    .sort((a, b) => a.tasks - b.tasks || b.free - a.free || compareStrings(a.subnet.id, b.subnet.id))
  return ranked[0]!.subnet
}

/** Groups that have been deleted since, as is possible while nobody has them. */
function hasGroups(tx: Tx, { securityGroups: groupIds = [] }: AwsVpcConfiguration, { vpcId }: Subnet): boolean {
  return groupIds.every((id) => tx.get(securityGroups, id)?.vpcId === vpcId)
}
