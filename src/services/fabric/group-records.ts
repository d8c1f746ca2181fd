import type { Tx } from "../../store/transaction.ts"
import { type NetworkInterface, type SecurityGroupRule, securityGroupRules, securityGroups } from "../ec2/index.ts"
import { prefixListCidrs } from "./prefix-list.ts"
import { type FabricRecord, type RecordOf, recordOf } from "./record.ts"

type GroupRule = RecordOf<"group">["ingress"][number]

/** The security groups of a VPC, each with its rules and with the addresses of those that have it. */
export function groupRecords(tx: Tx, vpcId: string, interfaces: readonly NetworkInterface[]): FabricRecord[] {
  const members = new Map<string, string[]>()
  for (const { securityGroupIds, privateAddresses, ipv6Addresses } of interfaces) {
    for (const groupId of securityGroupIds) {
      const known = members.get(groupId) ?? []
      known.push(...privateAddresses, ...ipv6Addresses)
      members.set(groupId, known)
    }
  }
  return tx.where(securityGroups, "vpc", vpcId).map(({ id }) => {
    // In an order of their own, so that the same rules and members are the same record.
    const rules = tx.list(securityGroupRules, { where: ["group", id] })
    return recordOf("group", {
      id,
      vpcId,
      ingress: rules.filter(({ isEgress }) => !isEgress).map((rule) => groupRule(tx, rule)),
      egress: rules.filter(({ isEgress }) => isEgress).map((rule) => groupRule(tx, rule)),
      members: (members.get(id) ?? []).sort(),
    })
  })
}

function groupRule(tx: Tx, { protocol, fromPort, toPort, peer }: SecurityGroupRule): GroupRule {
  const traffic = { protocol, ...(protocol !== "-1" && { fromPort, toPort }) }
  if (peer.kind === "group") return { ...traffic, groupId: peer.id }
  return { ...traffic, cidrs: peer.kind === "prefixList" ? prefixListCidrs(tx, peer.id) : [peer.cidr] }
}
