import type * as sdk from "@aws-sdk/client-iam"
import type { Call, Operations } from "../../aws/operations.ts"
import { inCapitals } from "../../aws/tags.ts"
import { attachedPolicies } from "./attachment.ts"
import { awsManagedPolicies } from "./aws-managed/index.ts"
import { describeGroup, groupsOf } from "./group.ts"
import { describeProfile } from "./instance-profile.ts"
import { listed } from "./listing.ts"
import { attachmentCount, describePolicy } from "./managed-policy.ts"
import { asUrl } from "./names.ts"
import { describeVersion } from "./policy-version.ts"
import { describeWhole } from "./role.ts"
import {
  type Entity,
  type Group,
  groups,
  instanceProfiles,
  type ManagedPolicy,
  managedPolicies,
  type Role,
  roles,
  type User,
  users,
} from "./tables.ts"
import { describeUser } from "./user.ts"

/** One of what an answer tells of, with its place among all of it. */
type Told =
  | { readonly position: string; readonly user: User }
  | { readonly position: string; readonly group: Group }
  | { readonly position: string; readonly role: Role }
  | { readonly position: string; readonly policy: ManagedPolicy }

export const authorizationDetailsOperations = {
  GetAccountAuthorizationDetails(call, { Filter, ...input }) {
    call.authorize("*")
    const { page, rest } = listed(call, input, everything(call, Filter), ({ position }) => position, { Filter })
    return {
      UserDetailList: page.flatMap((told) => ("user" in told ? userDetail(call, told.user) : [])),
      GroupDetailList: page.flatMap((told) => ("group" in told ? groupDetail(call, told.group) : [])),
      RoleDetailList: page.flatMap((told) => ("role" in told ? roleDetail(call, told.role) : [])),
      Policies: page.flatMap((told) => ("policy" in told ? policyDetail(call, told.policy) : [])),
      ...rest,
    }
  },
} satisfies Operations<typeof sdk>

/** Policies of AWS's are told of where they are attached. */
function everything({ tx, partition }: Call, filter: readonly string[] | undefined): readonly Told[] {
  const wants = (type: sdk.EntityType) => filter === undefined || filter.length === 0 || filter.includes(type)
  const told: Told[] = []
  if (wants("Group")) {
    for (const group of tx.list(groups)) told.push({ position: `1/${groups.key(group)}`, group })
  }
  if (wants("User")) for (const user of tx.list(users)) told.push({ position: `2/${users.key(user)}`, user })
  if (wants("Role")) for (const role of tx.list(roles)) told.push({ position: `3/${roles.key(role)}`, role })
  if (wants("LocalManagedPolicy")) {
    for (const policy of tx.list(managedPolicies)) told.push({ position: `4/${managedPolicies.key(policy)}`, policy })
  }
  if (wants("AWSManagedPolicy")) {
    for (const policy of awsManagedPolicies(partition)) {
      if (attachmentCount(tx, policy.arn) > 0) told.push({ position: `5/${policy.name.toLowerCase()}`, policy })
    }
  }
  return told
}

function userDetail(call: Call, user: User): sdk.UserDetail {
  const { PermissionsBoundary, ...described } = describeUser(call, user)
  return {
    ...described,
    UserPolicyList: inlineDetail(user),
    GroupList: groupsOf(call.tx, user).map(({ name }) => name),
    AttachedManagedPolicies: attachedDetail(call, user),
    ...(PermissionsBoundary && { PermissionsBoundary }),
    Tags: inCapitals(user.tags),
  }
}

function groupDetail(call: Call, group: Group): sdk.GroupDetail {
  return {
    ...describeGroup(call, group),
    GroupPolicyList: inlineDetail(group),
    AttachedManagedPolicies: attachedDetail(call, group),
  }
}

function roleDetail(call: Call, role: Role): sdk.RoleDetail {
  const { Description: _, MaxSessionDuration: __, PermissionsBoundary, ...described } = describeWhole(call, role)
  const profiles = call.tx.list(instanceProfiles, { where: ["role", role.name] })
  return {
    ...described,
    InstanceProfileList: profiles.map((profile) => describeProfile(call, profile)),
    RolePolicyList: inlineDetail(role),
    AttachedManagedPolicies: attachedDetail(call, role),
    ...(PermissionsBoundary && { PermissionsBoundary }),
    Tags: inCapitals(role.tags),
  }
}

function policyDetail({ tx }: Call, policy: ManagedPolicy): sdk.ManagedPolicyDetail {
  return {
    ...describePolicy(tx, policy),
    PolicyVersionList: policy.versions.toReversed().map((version) => ({
      Document: asUrl(version.document),
      ...describeVersion(policy, version),
    })),
  }
}

function inlineDetail({ inline }: Entity): sdk.PolicyDetail[] {
  return Object.entries(inline).map(([name, document]) => ({ PolicyName: name, PolicyDocument: asUrl(document) }))
}

function attachedDetail(call: Call, { attached }: Entity): sdk.AttachedPolicy[] {
  return attachedPolicies(call, attached).map(({ name, arn }) => ({ PolicyName: name, PolicyArn: arn }))
}
