import type { Tx } from "../../../store/transaction.ts"
import { type FlowLog, flowLogs, type NetworkInterface } from "../tables.ts"

/** The flow logs of an interface: its own, its subnet's and its VPC's. */
export function flowLogsOf(
  tx: Tx,
  { id, subnetId, vpcId }: Pick<NetworkInterface, "id" | "subnetId" | "vpcId">,
): readonly FlowLog[] {
  return [id, subnetId, vpcId].flatMap((resourceId) => tx.where(flowLogs, "resource", resourceId))
}
