import { newId } from "../ids.ts"
import type { Maker } from "../maker.ts"
import {
  type RuleContent,
  ruleIdentity,
  type SecurityGroup,
  type SecurityGroupRule,
  securityGroupRules,
  securityGroups,
} from "../tables.ts"

export interface SecurityGroupRequest extends Omit<SecurityGroup, "id"> {
  /** Whether the group's VPC has IPv6, so that its members may reach everyone there as well. */
  readonly hasIpv6: boolean
}

/** A group lets everything out and nothing in until someone says otherwise. */
export function makeSecurityGroup(maker: Maker, { hasIpv6, ...content }: SecurityGroupRequest): SecurityGroup {
  const { tx, random } = maker
  const group: SecurityGroup = { id: newId(random, "sg"), ...content }
  tx.put(securityGroups, group)
  allowOut(maker, group.id, "0.0.0.0/0")
  if (hasIpv6) allowOut(maker, group.id, "::/0")
  return group
}

/** A group that lets everything out over IPv4 does so over IPv6 from now on. */
export function allowOutLikewise(maker: Maker, groupId: string): void {
  const isThere = (cidr: string) => maker.tx.some(securityGroupRules, "identity", ruleIdentity(groupId, outTo(cidr)))
  if (isThere("0.0.0.0/0") && !isThere("::/0")) allowOut(maker, groupId, "::/0")
}

function allowOut(maker: Maker, groupId: string, cidr: string): void {
  makeRule(maker, groupId, { ...outTo(cidr), description: undefined })
}

function outTo(cidr: string): RuleContent {
  const peer = { kind: cidr.includes(":") ? "ipv6" : "ipv4", cidr } as const
  return { isEgress: true, protocol: "-1", fromPort: -1, toPort: -1, peer }
}

export function makeRule(
  { tx, random }: Maker,
  groupId: string,
  content: RuleContent & Pick<SecurityGroupRule, "description">,
): SecurityGroupRule {
  const rule: SecurityGroupRule = { id: newId(random, "sgr"), groupId, ...content }
  tx.put(securityGroupRules, rule)
  return rule
}
