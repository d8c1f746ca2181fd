import type { Tx } from "../../store/transaction.ts"
import { type NetworkAclEntry, networkAcls } from "../ec2/index.ts"
import { type FabricRecord, type RecordOf, recordOf } from "./record.ts"

export function aclRecords(tx: Tx, vpcId: string): FabricRecord[] {
  return tx.where(networkAcls, "vpc", vpcId).map(({ id, entries }) => {
    const inOrder = entries.toSorted((a, b) => a.ruleNumber - b.ruleNumber)
    return recordOf("acl", {
      id,
      vpcId,
      ingress: inOrder.filter(({ isEgress }) => !isEgress).map(aclRule),
      egress: inOrder.filter(({ isEgress }) => isEgress).map(aclRule),
    })
  })
}

function aclRule({ protocol, cidr, action, portRange, icmp }: NetworkAclEntry): RecordOf<"acl">["ingress"][number] {
  return {
    protocol,
    cidr,
    isAllowed: action === "allow",
    ...(portRange !== undefined && { fromPort: portRange.from, toPort: portRange.to }),
    ...(icmp !== undefined && { fromPort: icmp.type, toPort: icmp.code }),
  }
}
