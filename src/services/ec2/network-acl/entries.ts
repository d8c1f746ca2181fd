import type * as sdk from "@aws-sdk/client-ec2"
import type { NetworkAclEntry } from "../tables.ts"

/** What a VPC's default ACL begins with: everything may pass. */
export function allowAll(hasIpv6: boolean): readonly NetworkAclEntry[] {
  const cidrs = hasIpv6 ? ["0.0.0.0/0", "::/0"] : ["0.0.0.0/0"]
  return [true, false].flatMap((isEgress) =>
    cidrs.map((cidr, at) => ({
      ruleNumber: 100 + at,
      isEgress,
      action: "allow" as const,
      protocol: "-1",
      cidr,
      portRange: undefined,
      icmp: undefined,
    })),
  )
}

/** The number that AWS shows for the entry that denies all the rest, and the one for IPv6 behind it. */
export const LAST_RULE = 32_767

/** All entries in the order in which they are looked at, with those that deny the rest. */
export function shownEntries(entries: readonly NetworkAclEntry[], hasIpv6: boolean): sdk.NetworkAclEntry[] {
  return [true, false].flatMap((isEgress) => [
    ...entries
      .filter((entry) => entry.isEgress === isEgress)
      .toSorted((a, b) => a.ruleNumber - b.ruleNumber)
      .map(shownEntry),
    denyRest(isEgress, LAST_RULE, { CidrBlock: "0.0.0.0/0" }),
    ...(hasIpv6 ? [denyRest(isEgress, LAST_RULE + 1, { Ipv6CidrBlock: "::/0" })] : []),
  ])
}

function denyRest(Egress: boolean, RuleNumber: number, block: object): sdk.NetworkAclEntry {
  return { Egress, Protocol: "-1", RuleAction: "deny", RuleNumber, ...block }
}

function shownEntry({ ruleNumber, isEgress, action, protocol, cidr, portRange, icmp }: NetworkAclEntry) {
  return {
    Egress: isEgress,
    Protocol: protocol,
    RuleAction: action,
    RuleNumber: ruleNumber,
    ...(cidr.includes(":") ? { Ipv6CidrBlock: cidr } : { CidrBlock: cidr }),
    ...(portRange && { PortRange: { From: portRange.from, To: portRange.to } }),
    ...(icmp && { IcmpTypeCode: { Type: icmp.type, Code: icmp.code } }),
  }
}
