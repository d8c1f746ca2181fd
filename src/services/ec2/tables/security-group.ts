import { table } from "../../../store/table.ts"

/** Names are unique within a VPC. */
export interface SecurityGroup {
  readonly id: string
  readonly vpcId: string
  readonly name: string
  readonly description: string
}

export const securityGroups = table({
  name: "ec2/security-groups",
  version: 1,
  key: (group: SecurityGroup) => group.id,
  indexes: {
    vpc: ({ vpcId }) => vpcId,
    name: ({ name }) => name,
    vpcAndName: ({ vpcId, name }) => `${vpcId} ${name}`,
  },
})

/** One direction, one protocol with its ports, one peer. A group has no rule twice, whatever the descriptions say. */
export interface SecurityGroupRule extends RuleContent {
  readonly id: string
  readonly groupId: string
  readonly description: string | undefined
}

export interface RuleContent {
  readonly isEgress: boolean

  /** `tcp`, `udp`, `icmp` or `icmpv6`; a number in text for any other; `-1` for all. */
  readonly protocol: string

  /** Ports of TCP and UDP, type and code of ICMP; -1 where anything goes. */
  readonly fromPort: number
  readonly toPort: number
  readonly peer: RulePeer
}

export type RulePeer =
  | { readonly kind: "ipv4" | "ipv6"; readonly cidr: string }
  | { readonly kind: "prefixList"; readonly id: string }
  | { readonly kind: "group"; readonly id: string; readonly account: string; readonly peeringId?: string }

export function ruleIdentity(groupId: string, { isEgress, protocol, fromPort, toPort, peer }: RuleContent): string {
  const whom = "cidr" in peer ? peer.cidr : peer.id
  return `${groupId} ${isEgress ? "egress" : "ingress"} ${protocol} ${fromPort} ${toPort} ${whom}`
}

export const securityGroupRules = table({
  name: "ec2/security-group-rules",
  version: 1,
  key: (rule: SecurityGroupRule) => rule.id,
  indexes: {
    group: ({ groupId }) => groupId,
    identity: (rule) => ruleIdentity(rule.groupId, rule),
    referencedGroup: ({ peer }) => (peer.kind === "group" ? peer.id : undefined),
    prefixList: ({ peer }) => (peer.kind === "prefixList" ? peer.id : undefined),
  },
})
