import type * as sdk from "@aws-sdk/client-iam"
import { globalArnOf } from "../../aws/arn.ts"
import type { Operations } from "../../aws/operations.ts"
import { inCapitals } from "../../aws/tags.ts"
import { compareStrings } from "../../base/ordering.ts"
import type { Tx } from "../../store/transaction.ts"
import { awsManagedPolicies } from "./aws-managed/index.ts"
import { checkedManaged } from "./document.ts"
import { alreadyExists, conflict, overQuota } from "./fault.ts"
import { listed } from "./listing.ts"
import { checkedName, checkedPath, checkedPrefix, checkLength, newEntityId } from "./names.ts"
import { changeablePolicy, permittedPolicy } from "./policy-name.ts"
import { groups, type ManagedPolicy, managedPolicies, roles, users } from "./tables.ts"
import { adding } from "./tag.ts"

const POLICIES_MAX = 1500

export const managedPolicyOperations = {
  CreatePolicy(call, input) {
    const name = checkedName(input.PolicyName!, "policyName", 128)
    const path = checkedPath(input.Path)
    if (input.Description !== undefined) checkLength(input.Description, "description", 0, 1000)
    const { added, conditions } = adding(input.Tags)
    const arn = globalArnOf("iam", call, `policy${path}${name}`)
    call.authorize(arn, conditions)
    if (call.tx.get(managedPolicies, name.toLowerCase()) !== undefined) {
      throw alreadyExists(`A policy called ${name} already exists. Duplicate names are not allowed.`)
    }
    if (call.tx.count(managedPolicies) >= POLICIES_MAX) throw overQuota("PoliciesPerAccount", POLICIES_MAX)

    const document = checkedManaged(input.PolicyDocument!)
    const policy: ManagedPolicy = {
      arn,
      name,
      path,
      id: newEntityId(call.random, "ANPA"),
      description: input.Description,
      versions: [{ id: "v1", document, createdAt: call.now }],
      defaultVersion: "v1",
      versionCount: 1,
      tags: added,
      createdAt: call.now,
      updatedAt: call.now,
    }
    call.tx.put(managedPolicies, policy)
    const { Description: _, ...described } = describePolicy(call.tx, policy)
    return { Policy: { ...described, ...(added.length > 0 && { Tags: inCapitals(added) }) } }
  },

  GetPolicy(call, { PolicyArn }) {
    const policy = permittedPolicy(call, PolicyArn!)
    return { Policy: { ...describePolicy(call.tx, policy), Tags: inCapitals(policy.tags) } }
  },

  ListPolicies(call, { Scope = "All", OnlyAttached = false, PathPrefix, PolicyUsageFilter, ...input }) {
    const prefix = checkedPrefix(PathPrefix)
    call.authorize(globalArnOf("iam", call, `policy${prefix}`))
    const usage = usageOf(PolicyUsageFilter, OnlyAttached)
    const found = [
      ...(Scope === "AWS" ? [] : call.tx.all(managedPolicies)),
      ...(Scope === "Local" ? [] : awsManagedPolicies(call.partition)),
    ]
      .filter((policy) => policy.path.startsWith(prefix) && usage(call.tx, policy.arn))
      .sort((a, b) => compareStrings(a.arn, b.arn))
    const filters = { prefix, Scope, OnlyAttached, PolicyUsageFilter }
    const { page, rest } = listed(call, input, found, ({ arn }) => arn, filters)
    // A listing leaves out descriptions, as on AWS.
    const described = page.map((policy) => {
      const { Description: _, ...shown } = describePolicy(call.tx, policy)
      return shown
    })
    return { Policies: described, ...rest }
  },

  DeletePolicy(call, { PolicyArn }) {
    const policy = changeablePolicy(call, PolicyArn!)
    if (attachmentCount(call.tx, policy.arn) > 0 || boundaryCount(call.tx, policy.arn) > 0) {
      throw conflict("Cannot delete a policy attached to entities.")
    }
    if (policy.versions.length > 1) {
      throw conflict(
        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
      )
    }
    call.tx.delete(managedPolicies, managedPolicies.key(policy))
    return {}
  },
} satisfies Operations<typeof sdk>

export function describePolicy(tx: Tx, policy: ManagedPolicy): sdk.Policy {
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersion,
    AttachmentCount: attachmentCount(tx, policy.arn),
    PermissionsBoundaryUsageCount: boundaryCount(tx, policy.arn),
    IsAttachable: true,
    ...(policy.description !== undefined && { Description: policy.description }),
    CreateDate: new Date(policy.createdAt),
    UpdateDate: new Date(policy.updatedAt),
  }
}

export function attachmentCount(tx: Tx, arn: string): number {
  return tx.count(users, "attached", arn) + tx.count(groups, "attached", arn) + tx.count(roles, "attached", arn)
}

export function boundaryCount(tx: Tx, arn: string): number {
  return tx.count(users, "boundary", arn) + tx.count(roles, "boundary", arn)
}

/** Which policies of a listing are meant, by what they are used for. */
function usageOf(filter: string | undefined, onlyAttached: boolean): (tx: Tx, arn: string) => boolean {
  if (filter === "PermissionsBoundary") return (tx, arn) => boundaryCount(tx, arn) > 0
  if (onlyAttached) {
    return (tx, arn) => attachmentCount(tx, arn) + (filter === undefined ? boundaryCount(tx, arn) : 0) > 0
  }
  return () => true
}
