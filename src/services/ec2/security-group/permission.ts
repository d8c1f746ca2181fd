import type * as sdk from "@aws-sdk/client-ec2"
import type { Tx } from "../../../store/transaction.ts"
import { fault, invalidValue, missing } from "../fault.ts"
import { accountIn } from "../maker.ts"
import type { RuleContent, SecurityGroup, SecurityGroupRule } from "../tables.ts"
import { ruleIdentity } from "../tables.ts"
import { cidrPeer, type DescribedPeer, groupPeer, prefixListPeer } from "./peer.ts"
import { checkedPorts } from "./protocol.ts"

export type SentRule = RuleContent & Pick<SecurityGroupRule, "description">

/** The older way to ask for one rule, and the newer one for many. */
export interface SentPermissions {
  readonly IpPermissions?: readonly sdk.IpPermission[] | undefined
  readonly IpProtocol?: string | undefined
  readonly FromPort?: number | undefined
  readonly ToPort?: number | undefined
  readonly CidrIp?: string | undefined
  readonly SourceSecurityGroupName?: string | undefined
  readonly SourceSecurityGroupOwnerId?: string | undefined
}

/** The rules that a request names, one for each peer of each permission, none of them twice. */
export function rulesIn(tx: Tx, group: SecurityGroup, isEgress: boolean, sent: SentPermissions): readonly SentRule[] {
  const rules = permissionsIn(sent).flatMap((permission, at) => {
    const ports = checkedPorts(permission)
    const peers = peersIn(tx, group, permission)
    if (peers.length === 0) throw missing(`ipPermissions.${at + 1}.ipRanges`)
    return peers.map(({ peer, description }) => ({
      isEgress,
      ...ports,
      peer,
      description: checkedDescription(description),
    }))
  })
  const identities = rules.map((rule) => ruleIdentity(group.id, rule))
  if (new Set(identities).size < identities.length) {
    throw invalidValue("The same permission must not appear multiple times")
  }
  return rules
}

function permissionsIn(sent: SentPermissions): readonly sdk.IpPermission[] {
  const { IpPermissions = [], IpProtocol, FromPort, ToPort, CidrIp } = sent
  const { SourceSecurityGroupName, SourceSecurityGroupOwnerId } = sent
  const isOlder = CidrIp !== undefined || SourceSecurityGroupName !== undefined || IpProtocol !== undefined
  if (isOlder && IpPermissions.length > 0) {
    throw fault("InvalidParameterCombination", "The parameter ipPermissions may not be used with the older parameters")
  }
  if (!isOlder) {
    if (IpPermissions.length === 0) throw missing("ipPermissions")
    return IpPermissions
  }
  const pair = { GroupName: SourceSecurityGroupName, UserId: SourceSecurityGroupOwnerId }
  return [
    {
      // A group named in the older way may do everything.
      IpProtocol: IpProtocol ?? "-1",
      FromPort,
      ToPort,
      ...(CidrIp !== undefined && { IpRanges: [{ CidrIp }] }),
      ...(SourceSecurityGroupName !== undefined && { UserIdGroupPairs: [pair] }),
    },
  ]
}

function peersIn(tx: Tx, group: SecurityGroup, permission: sdk.IpPermission): readonly DescribedPeer[] {
  const { IpRanges = [], Ipv6Ranges = [], PrefixListIds = [], UserIdGroupPairs = [] } = permission
  return [
    ...IpRanges.map(({ CidrIp, Description }) => ({ peer: cidrPeer(CidrIp, 4), description: Description })),
    ...Ipv6Ranges.map(({ CidrIpv6, Description }) => ({ peer: cidrPeer(CidrIpv6, 6), description: Description })),
    ...PrefixListIds.map(({ PrefixListId, Description }) => ({
      peer: prefixListPeer(tx, PrefixListId),
      description: Description,
    })),
    ...UserIdGroupPairs.map((pair) => ({ peer: groupPeer(tx, group, pair), description: pair.Description })),
  ]
}

const DESCRIPTION = /^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]{0,255}$/

export function checkedDescription(description: string | undefined): string | undefined {
  if (description === undefined || description === "") return undefined
  if (DESCRIPTION.test(description)) return description
  throw invalidValue(
    "Invalid rule description. Valid descriptions are strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*",
  )
}

/** A group's rules as permissions: one for each protocol with its ports, with all its peers. */
export function permissionsOf(rules: readonly SecurityGroupRule[]): sdk.IpPermission[] {
  const permissions = new Map<string, sdk.IpPermission>()
  for (const { protocol, fromPort, toPort, peer, description: Description } of rules) {
    const key = `${protocol} ${fromPort} ${toPort}`
    const permission = permissions.get(key) ?? {
      IpProtocol: protocol,
      ...(hasPorts(protocol) && { FromPort: fromPort, ToPort: toPort }),
      IpRanges: [],
      Ipv6Ranges: [],
      PrefixListIds: [],
      UserIdGroupPairs: [],
    }
    permissions.set(key, permission)
    if (peer.kind === "ipv4") permission.IpRanges!.push({ CidrIp: peer.cidr, Description })
    else if (peer.kind === "ipv6") permission.Ipv6Ranges!.push({ CidrIpv6: peer.cidr, Description })
    else if (peer.kind === "prefixList") permission.PrefixListIds!.push({ PrefixListId: peer.id, Description })
    else if (peer.kind === "group") permission.UserIdGroupPairs!.push({ ...describePair(peer), Description })
  }
  return [...permissions.values()]
}

function hasPorts(protocol: string): boolean {
  return ["tcp", "udp", "icmp", "icmpv6"].includes(protocol)
}

function describePair(peer: Extract<RuleContent["peer"], { kind: "group" }>): sdk.UserIdGroupPair {
  return {
    GroupId: peer.id,
    UserId: peer.account,
    ...(peer.peeringId !== undefined && { VpcPeeringConnectionId: peer.peeringId, PeeringStatus: "active" }),
  }
}

/** One rule as DescribeSecurityGroupRules shows it. */
export function describeRule(
  tx: Tx,
  { id, groupId, isEgress, protocol, fromPort, toPort, peer, description }: SecurityGroupRule,
): sdk.SecurityGroupRule {
  return {
    SecurityGroupRuleId: id,
    GroupId: groupId,
    GroupOwnerId: accountIn(tx),
    IsEgress: isEgress,
    IpProtocol: protocol,
    FromPort: fromPort,
    ToPort: toPort,
    ...(peer.kind === "ipv4" && { CidrIpv4: peer.cidr }),
    ...(peer.kind === "ipv6" && { CidrIpv6: peer.cidr }),
    ...(peer.kind === "prefixList" && { PrefixListId: peer.id }),
    ...(peer.kind === "group" && { ReferencedGroupInfo: describePair(peer) }),
    Description: description,
  }
}
