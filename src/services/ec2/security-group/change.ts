import type * as sdk from "@aws-sdk/client-ec2"
import type { Call, Operations } from "../../../aws/operations.ts"
import { fault, invalidValue, missing } from "../fault.ts"
import { ruleIdentity, type SecurityGroup, type SecurityGroupRule, securityGroupRules } from "../tables.ts"
import { cidrPeer, groupPeer, prefixListPeer } from "./peer.ts"
import { checkedDescription, rulesIn, type SentPermissions } from "./permission.ts"
import { checkedPorts } from "./protocol.ts"
import { checkNew, namedGroup, rulesByContent, rulesById } from "./rule.ts"

/** What changes rules that are there, without a moment in which they are not. */
export const securityGroupChangeOperations = {
  ModifySecurityGroupRules(call, input) {
    const updates = input.SecurityGroupRules!
    const ids = updates.map(({ SecurityGroupRuleId }) => SecurityGroupRuleId!)
    const named = ids.map((id) => `security-group-rule/${id}`)
    const group = namedGroup(call, input, named)
    if (new Set(ids).size < ids.length) throw invalidValue("The same permission must not appear multiple times")
    const rules = rulesById(call, group, undefined, { SecurityGroupRuleIds: ids })
    for (const [at, { SecurityGroupRule: sent }] of updates.entries()) {
      if (sent === undefined) throw missing(`SecurityGroupRule.${at + 1}.SecurityGroupRule`)
      const rule = rules.find(({ id }) => id === ids[at])!
      const changed = modified(call, group, rule, sent)
      if (ruleIdentity(group.id, changed) !== ruleIdentity(group.id, rule)) checkNew(call, group.id, changed)
      call.tx.put(securityGroupRules, changed)
    }
    return { Return: true }
  },

  UpdateSecurityGroupRuleDescriptionsIngress: (call, input) => updateDescriptions(call, input, false),
  UpdateSecurityGroupRuleDescriptionsEgress: (call, input) => updateDescriptions(call, input, true),
} satisfies Operations<typeof sdk>

/** A rule keeps its direction; all the rest is as it is sent now. */
function modified(
  { tx }: Call,
  group: SecurityGroup,
  { id, groupId, isEgress }: SecurityGroupRule,
  sent: sdk.SecurityGroupRuleRequest,
): SecurityGroupRule {
  const peers = [
    sent.CidrIpv4 === undefined ? [] : cidrPeer(sent.CidrIpv4, 4),
    sent.CidrIpv6 === undefined ? [] : cidrPeer(sent.CidrIpv6, 6),
    sent.PrefixListId === undefined ? [] : prefixListPeer(tx, sent.PrefixListId),
    sent.ReferencedGroupId === undefined ? [] : groupPeer(tx, group, { GroupId: sent.ReferencedGroupId }),
  ].flat()
  const [peer] = peers
  if (peer === undefined || peers.length > 1) {
    throw invalidValue("Exactly one of CidrIpv4, CidrIpv6, PrefixListId and ReferencedGroupId must be specified")
  }
  return { id, groupId, isEgress, ...checkedPorts(sent), peer, description: checkedDescription(sent.Description) }
}

interface DescriptionsInput extends SentPermissions {
  readonly GroupId?: string | undefined
  readonly GroupName?: string | undefined
  readonly DryRun?: boolean | undefined
  readonly SecurityGroupRuleDescriptions?: readonly sdk.SecurityGroupRuleDescription[] | undefined
}

function updateDescriptions(call: Call, input: DescriptionsInput, isEgress: boolean) {
  const group = namedGroup(call, input)
  const { SecurityGroupRuleDescriptions: byId = [] } = input
  if (byId.length > 0) {
    const ids = byId.map(({ SecurityGroupRuleId = "" }) => SecurityGroupRuleId)
    const rules = rulesById(call, group, isEgress, { ...input, SecurityGroupRuleIds: ids })
    for (const { SecurityGroupRuleId, Description } of byId) {
      describe(call, rules.find(({ id }) => id === SecurityGroupRuleId)!, Description)
    }
    return { Return: true }
  }
  for (const sent of rulesIn(call.tx, group, isEgress, input)) {
    const [rule] = rulesByContent(call, group, [sent]).found
    if (rule === undefined) {
      throw fault("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
    }
    describe(call, rule, sent.description)
  }
  return { Return: true }
}

function describe({ tx }: Call, rule: SecurityGroupRule, description: string | undefined): void {
  tx.put(securityGroupRules, { ...rule, description: checkedDescription(description) })
}
