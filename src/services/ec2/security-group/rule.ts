import type * as sdk from "@aws-sdk/client-ec2"
import { arnOf } from "../../../aws/arn.ts"
import type { Call, Operations } from "../../../aws/operations.ts"
import { defaultVpc } from "../default-network.ts"
import { described } from "../describe.ts"
import { fault, invalidCombination, missing } from "../fault.ts"
import { permit, permitTagging, type Rehearsal } from "../permit.ts"
import { find, findAll, remove, securityGroupKind, securityGroupRuleKind } from "../resource.ts"
import {
  ruleIdentity,
  type SecurityGroup,
  type SecurityGroupRule,
  securityGroupRules,
  securityGroups,
} from "../tables.ts"
import { putTags, shownTags, tagsAsked } from "../tagging.ts"
import { makeRule } from "./make.ts"
import { describeRule, permissionsOf, rulesIn, type SentPermissions, type SentRule } from "./permission.ts"
import { portsInWords } from "./protocol.ts"

export const securityGroupRuleOperations = {
  AuthorizeSecurityGroupIngress: (call, input) => authorizeRules(call, input, false),
  AuthorizeSecurityGroupEgress: (call, input) => authorizeRules(call, input, true),
  RevokeSecurityGroupIngress: (call, input) => revokeRules(call, input, false),
  RevokeSecurityGroupEgress: (call, input) => revokeRules(call, input, true),

  DescribeSecurityGroupRules(call, input) {
    const { shown, NextToken } = described(call, input, {
      kind: securityGroupRuleKind,
      ids: [input.SecurityGroupRuleIds, "SecurityGroupRuleIds"],
      fields: { "group-id": ({ groupId }) => groupId, "security-group-rule-id": ({ id }) => id },
      indexed: { "group-id": "group" },
      show: (rule) => shownRule(call, rule),
    })
    return { SecurityGroupRules: shown, NextToken }
  },
} satisfies Operations<typeof sdk>

interface NamedGroup extends Rehearsal {
  readonly GroupId?: string | undefined
  readonly GroupName?: string | undefined
}

/** The group that an operation acts on, by its id, or by its name in the default VPC. */
export function namedGroup(call: Call, input: NamedGroup, others: readonly string[] = []): SecurityGroup {
  const { GroupId, GroupName } = input
  if (GroupId === undefined && GroupName === undefined) {
    permit(call, input, "security-group/*")
    throw missing("GroupId")
  }
  const byName = GroupId === undefined ? groupInDefaultVpc(call, GroupName!) : undefined
  permit(call, input, [`security-group/${GroupId ?? byName?.id ?? "*"}`, ...others])
  if (GroupId !== undefined) return find(call.tx, securityGroupKind, GroupId)
  if (byName !== undefined) return byName
  throw noGroupNamed(call, GroupName!)
}

export function groupInDefaultVpc(call: Call, name: string): SecurityGroup | undefined {
  const vpc = defaultVpc(call)
  return vpc && call.tx.where(securityGroups, "vpcAndName", `${vpc.id} ${name}`)[0]
}

export function noGroupNamed(call: Call, name: string) {
  const vpc = defaultVpc(call)
  return fault(
    "InvalidGroup.NotFound",
    vpc === undefined
      ? `The security group '${name}' does not exist`
      : `The security group '${name}' does not exist in default VPC '${vpc.id}'`,
  )
}

/** A group may have so many rules in each direction; AWS raises its quota to no more. */
const RULES_MAX = 1_000

function authorizeRules(
  call: Call,
  input: NamedGroup & SentPermissions & { readonly TagSpecifications?: sdk.TagSpecification[] | undefined },
  isEgress: boolean,
) {
  const { tx } = call
  const tags = tagsAsked(input.TagSpecifications, "security-group-rule")
  permitTagging(call, securityGroupRuleKind, tags)
  const group = namedGroup(call, input)
  const rules = rulesIn(tx, group, isEgress, input)
  for (const rule of rules) checkNew(call, group.id, rule)
  if (directed(call, group, isEgress).length + rules.length > RULES_MAX) {
    throw fault(
      "RulesPerSecurityGroupLimitExceeded",
      "The maximum number of rules per security group has been reached.",
    )
  }
  const made = rules.map((rule) => makeRule(call, group.id, rule))
  for (const { id } of made) putTags(tx, "security-group-rule", id, tags)
  return { Return: true, SecurityGroupRules: made.map((rule) => shownRule(call, rule)) }
}

export function checkNew({ tx }: Pick<Call, "tx">, groupId: string, rule: SentRule): void {
  if (!tx.some(securityGroupRules, "identity", ruleIdentity(groupId, rule))) return
  const whom = "cidr" in rule.peer ? rule.peer.cidr : rule.peer.id
  throw fault(
    "InvalidPermission.Duplicate",
    `the specified rule "peer: ${whom}, ${portsInWords(rule)}, ALLOW" already exists`,
  )
}

function revokeRules(
  call: Call,
  input: NamedGroup & SentPermissions & { readonly SecurityGroupRuleIds?: readonly string[] | undefined },
  isEgress: boolean,
) {
  const { tx } = call
  const group = namedGroup(call, input)
  const { found, unknown } =
    input.SecurityGroupRuleIds !== undefined && input.SecurityGroupRuleIds.length > 0
      ? { found: rulesById(call, group, isEgress, input), unknown: [] }
      : rulesByContent(call, group, rulesIn(tx, group, isEgress, input))
  // A VPC of one's own shrugs at what was not there; the default VPC behaves as EC2 did before there were others.
  if (unknown.length > 0 && group.vpcId === defaultVpc(call)?.id) {
    throw fault("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
  }
  for (const { id } of found) remove(tx, securityGroupRuleKind, id)
  const unknownRules = unknown.map((rule) => ({ id: "", groupId: group.id, ...rule }))
  return {
    Return: true,
    ...(unknown.length > 0 && { UnknownIpPermissions: permissionsOf(unknownRules) }),
    RevokedSecurityGroupRules: found.map((rule) => revoked(call, rule)),
  }
}

export function rulesById(
  { tx }: Pick<Call, "tx">,
  group: SecurityGroup,
  isEgress: boolean | undefined,
  input: { readonly SecurityGroupRuleIds?: readonly string[] | undefined; readonly IpPermissions?: unknown },
): readonly SecurityGroupRule[] {
  if (Array.isArray(input.IpPermissions) && input.IpPermissions.length > 0) {
    throw invalidCombination("The parameter securityGroupRuleIds cannot be used with the parameter ipPermissions")
  }
  const rules = findAll(tx, securityGroupRuleKind, [...new Set(input.SecurityGroupRuleIds)])
  const stranger = rules.find(
    (rule) => rule.groupId !== group.id || (isEgress !== undefined && rule.isEgress !== isEgress),
  )
  if (stranger !== undefined) {
    throw fault(
      "InvalidSecurityGroupRuleId.NotFound",
      `The security group rule ID '${stranger.id}' does not exist in the security group '${group.id}'`,
    )
  }
  return rules
}

export function rulesByContent({ tx }: Pick<Call, "tx">, { id }: SecurityGroup, rules: readonly SentRule[]) {
  const found: SecurityGroupRule[] = []
  const unknown: SentRule[] = []
  for (const rule of rules) {
    const [present] = tx.where(securityGroupRules, "identity", ruleIdentity(id, rule))
    if (present === undefined) unknown.push(rule)
    else found.push(present)
  }
  return { found, unknown }
}

function directed({ tx }: Call, { id }: SecurityGroup, isEgress: boolean): readonly SecurityGroupRule[] {
  return tx.where(securityGroupRules, "group", id).filter((rule) => rule.isEgress === isEgress)
}

function shownRule(call: Call, rule: SecurityGroupRule): sdk.SecurityGroupRule {
  return {
    ...describeRule(call.tx, rule),
    SecurityGroupRuleArn: arnOf("ec2", call, `security-group-rule/${rule.id}`),
    Tags: shownTags(call.tx, rule.id),
  }
}

function revoked(call: Call, rule: SecurityGroupRule): sdk.RevokedSecurityGroupRule {
  const { GroupOwnerId: _, ReferencedGroupInfo, ...shown } = describeRule(call.tx, rule)
  return { ...shown, ...(ReferencedGroupInfo && { ReferencedGroupId: ReferencedGroupInfo.GroupId }) }
}
