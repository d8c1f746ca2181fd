import type * as sdk from "@aws-sdk/client-ec2"
import { arnOf } from "../../aws/arn.ts"
import type { FieldValue, FilterFields } from "../../aws/filters.ts"
import type { Call, Operations } from "../../aws/operations.ts"
import { regionScope } from "../../store/changes.ts"
import type { Tx } from "../../store/transaction.ts"
import { inVpc } from "./conditions.ts"
import { defaultVpc } from "./default-network.ts"
import { described } from "./describe.ts"
import { fault, invalidValue } from "./fault.ts"
import { accountIn, regionIn } from "./maker.ts"
import { activePeering } from "./peering/find.ts"
import { permit, permitMaking } from "./permit.ts"
import { find, findAll, securityGroupKind, vpcKind } from "./resource.ts"
import { makeSecurityGroup } from "./security-group/make.ts"
import { permissionsOf } from "./security-group/permission.ts"
import { removeGroup } from "./security-group/remove.ts"
import { groupInDefaultVpc, namedGroup, noGroupNamed } from "./security-group/rule.ts"
import {
  networkInterfaces,
  type SecurityGroup,
  type SecurityGroupRule,
  securityGroupRules,
  securityGroups,
  vpcEndpoints,
  vpcPeeringConnections,
  vpcs,
} from "./tables.ts"
import { putTags, shownTags, tagsAsked } from "./tagging.ts"

export const securityGroupOperations = {
  CreateSecurityGroup(call, input) {
    const tags = tagsAsked(input.TagSpecifications, "security-group")
    const vpcId = input.VpcId ?? defaultVpc(call)?.id
    permitMaking(call, input, securityGroupKind, tags, [`vpc/${vpcId ?? "*"}`], () => inVpc(call, vpcId))
    if (vpcId === undefined) throw fault("VPCIdNotSpecified", "No default VPC for this user")
    const vpc = find(call.tx, vpcKind, vpcId)
    const name = checkedName(input.GroupName!)
    const description = checkedDescription(input.Description!)
    if (call.tx.some(securityGroups, "vpcAndName", `${vpcId} ${name}`)) {
      throw fault("InvalidGroup.Duplicate", `The security group '${name}' already exists for VPC '${vpcId}'`)
    }
    const hasIpv6 = vpc.ipv6CidrBlocks.length > 0
    const { id } = makeSecurityGroup(call, { vpcId, name, description, hasIpv6 })
    putTags(call.tx, "security-group", id, tags)
    return { GroupId: id, SecurityGroupArn: groupArn(call, id), Tags: shownTags(call.tx, id) }
  },

  DeleteSecurityGroup(call, input) {
    const group = namedGroup(call, input)
    const { tx } = call
    if (tx.mustGet(vpcs, group.vpcId).defaultSecurityGroupId === group.id) {
      throw fault(
        "CannotDelete",
        `the specified group: "${group.id}" name: "${group.name}" cannot be deleted by a user`,
      )
    }
    const isUsed =
      tx.some(networkInterfaces, "securityGroup", group.id) ||
      tx.some(vpcEndpoints, "securityGroup", group.id) ||
      tx.where(securityGroupRules, "referencedGroup", group.id).some(({ groupId }) => groupId !== group.id)
    if (isUsed) throw fault("DependencyViolation", `resource ${group.id} has a dependent object`)
    removeGroup(tx, group.id)
    return { Return: true, GroupId: group.id }
  },

  DescribeSecurityGroups(call, input) {
    const { GroupNames = [] } = input
    const named = GroupNames.map((name) => groupInDefaultVpc(call, name)?.id)
    const { shown, NextToken } = described(call, input, {
      kind: securityGroupKind,
      ids: [[...(input.GroupIds ?? []), ...named.flatMap((id) => id ?? [])], "GroupIds"],
      fields: fields(call.tx),
      indexed: { "vpc-id": "vpc", "group-name": "name" },
      show: (group) => describeGroup(call, group),
    })
    const unknown = named.indexOf(undefined)
    if (unknown !== -1) throw noGroupNamed(call, GroupNames[unknown]!)
    return { SecurityGroups: shown, NextToken }
  },

  DescribeSecurityGroupReferences(call, input) {
    permit(call, input, "*")
    const groups = findAll(call.tx, securityGroupKind, input.GroupId!)
    return { SecurityGroupReferenceSet: groups.flatMap((group) => referencesTo(call.tx, group)) }
  },

  DescribeStaleSecurityGroups(call, input) {
    permit(call, input, "*")
    const vpc = find(call.tx, vpcKind, input.VpcId!)
    const groups = call.tx.list(securityGroups, { where: ["vpc", vpc.id] })
    return { StaleSecurityGroupSet: groups.flatMap((group) => staleGroup(call.tx, group)) }
  },

  GetSecurityGroupsForVpc(call, input) {
    const ofVpc = [{ Name: "vpc-id", Values: [input.VpcId!] }]
    const { shown, NextToken } = described(
      call,
      { ...input, Filters: [...(input.Filters ?? []).map(renamed), ...ofVpc] },
      {
        kind: securityGroupKind,
        on: `vpc/${input.VpcId}`,
        ids: [undefined, ""],
        fields: fields(call.tx),
        indexed: { "vpc-id": "vpc" },
        show: ({ id, name, description, vpcId }): sdk.SecurityGroupForVpc => ({
          GroupId: id,
          GroupName: name,
          Description: description,
          OwnerId: call.account,
          PrimaryVpcId: vpcId,
          Tags: shownTags(call.tx, id),
        }),
      },
    )
    find(call.tx, vpcKind, input.VpcId!)
    return { SecurityGroupForVpcs: shown, NextToken }
  },
} satisfies Operations<typeof sdk>

/** This operation alone calls the VPC of a group its primary one. */
function renamed(filter: sdk.Filter): sdk.Filter {
  return filter.Name === "primary-vpc-id" ? { ...filter, Name: "vpc-id" } : filter
}

const CHARACTERS = /^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]{1,255}$/

function checkedName(name: string): string {
  if (name.startsWith("sg-")) {
    throw invalidValue(`Value (${name}) for parameter GroupName is invalid. Group names may not be in the format sg-*`)
  }
  if (name.toLowerCase() === "default") {
    throw invalidValue(`Cannot use reserved security group name: ${name}`)
  }
  // Blanks around a name do not count.
  if (CHARACTERS.test(name)) return name.trim()
  throw invalidValue(
    `Value (${name}) for parameter GroupName is invalid. Character sets beyond ASCII are not supported.`,
  )
}

function checkedDescription(description: string): string {
  if (CHARACTERS.test(description)) return description
  throw invalidValue(
    `Value (${description}) for parameter GroupDescription is invalid. Character sets beyond ASCII are not supported.`,
  )
}

function groupArn(call: Call, id: string): string {
  return arnOf("ec2", call, `security-group/${id}`)
}

function describeGroup(call: Call, group: SecurityGroup): sdk.SecurityGroup {
  const rules = rulesOf(call.tx, group)
  return {
    GroupId: group.id,
    SecurityGroupArn: groupArn(call, group.id),
    GroupName: group.name,
    Description: group.description,
    OwnerId: call.account,
    VpcId: group.vpcId,
    IpPermissions: permissionsOf(rules.filter(({ isEgress }) => !isEgress)),
    IpPermissionsEgress: permissionsOf(rules.filter(({ isEgress }) => isEgress)),
    Tags: shownTags(call.tx, group.id),
  }
}

function rulesOf(tx: Tx, { id }: SecurityGroup): readonly SecurityGroupRule[] {
  return tx.list(securityGroupRules, { where: ["group", id] })
}

/** Peered VPCs whose groups speak of this one. */
function referencesTo(tx: Tx, group: SecurityGroup): readonly sdk.SecurityGroupReference[] {
  const connections = tx.where(vpcPeeringConnections, "vpc", group.vpcId).filter(({ status }) => status === "active")
  return connections.flatMap(({ id, requester, accepter }) => {
    const other = requester.vpcId === group.vpcId ? accepter : requester
    const theirs = tx.anywhere.in(regionScope(other.account, other.region))
    const isNamed = theirs
      .where(securityGroupRules, "referencedGroup", group.id)
      .some(({ groupId }) => theirs.get(securityGroups, groupId)?.vpcId === other.vpcId)
    return isNamed ? [{ GroupId: group.id, ReferencingVpcId: other.vpcId, VpcPeeringConnectionId: id }] : []
  })
}

/** A group is stale if its rules speak of a group that is gone, or no longer reached. */
function staleGroup(tx: Tx, group: SecurityGroup): readonly sdk.StaleSecurityGroup[] {
  const stale = rulesOf(tx, group).filter((rule) => isStale(tx, group, rule))
  if (stale.length === 0) return []
  return [
    {
      GroupId: group.id,
      GroupName: group.name,
      Description: group.description,
      VpcId: group.vpcId,
      StaleIpPermissions: permissionsOf(stale.filter(({ isEgress }) => !isEgress)) as sdk.StaleIpPermission[],
      StaleIpPermissionsEgress: permissionsOf(stale.filter(({ isEgress }) => isEgress)) as sdk.StaleIpPermission[],
    },
  ]
}

function isStale(tx: Tx, group: SecurityGroup, { peer }: SecurityGroupRule): boolean {
  if (peer.kind !== "group" || peer.peeringId === undefined) return false
  const theirs = peer.account === accountIn(tx) ? tx : tx.anywhere.in(regionScope(peer.account, regionIn(tx)))
  const other = theirs.get(securityGroups, peer.id)
  return other === undefined || activePeering(tx, group.vpcId, other.vpcId) === undefined
}

function fields(tx: Tx): FilterFields<SecurityGroup> {
  const ofRules =
    (isEgress: boolean, value: (rule: SecurityGroupRule) => string | undefined) => (group: SecurityGroup) =>
      rulesOf(tx, group)
        .filter((rule) => rule.isEgress === isEgress)
        .flatMap((rule) => value(rule) ?? [])
  const permission = (prefix: string, isEgress: boolean): Record<string, (group: SecurityGroup) => FieldValue> => ({
    [`${prefix}.cidr`]: ofRules(isEgress, ({ peer }) => (peer.kind === "ipv4" ? peer.cidr : undefined)),
    [`${prefix}.ipv6-cidr`]: ofRules(isEgress, ({ peer }) => (peer.kind === "ipv6" ? peer.cidr : undefined)),
    [`${prefix}.from-port`]: ofRules(isEgress, ({ fromPort }) => String(fromPort)),
    [`${prefix}.to-port`]: ofRules(isEgress, ({ toPort }) => String(toPort)),
    [`${prefix}.protocol`]: ofRules(isEgress, ({ protocol }) => protocol),
    [`${prefix}.prefix-list-id`]: ofRules(isEgress, ({ peer }) => (peer.kind === "prefixList" ? peer.id : undefined)),
    [`${prefix}.group-id`]: ofRules(isEgress, ({ peer }) => (peer.kind === "group" ? peer.id : undefined)),
    [`${prefix}.group-name`]: ofRules(isEgress, ({ peer }) =>
      peer.kind === "group" ? tx.get(securityGroups, peer.id)?.name : undefined,
    ),
    [`${prefix}.user-id`]: ofRules(isEgress, ({ peer }) => (peer.kind === "group" ? peer.account : undefined)),
  })
  return {
    ...permission("ip-permission", false),
    ...permission("egress.ip-permission", true),
    description: ({ description }) => description,
    "group-id": ({ id }) => id,
    "group-name": ({ name }) => name,
    "owner-id": () => accountIn(tx),
    "vpc-id": ({ vpcId }) => vpcId,
  }
}
