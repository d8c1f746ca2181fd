import type * as sdk from "@aws-sdk/client-iam"
import type { Operations } from "../../aws/operations.ts"
import { checkedManaged } from "./document.ts"
import { conflict, fault, noSuchEntity, unfit } from "./fault.ts"
import { listed } from "./listing.ts"
import { asUrl } from "./names.ts"
import { changeablePolicy, permittedPolicy } from "./policy-name.ts"
import { type ManagedPolicy, managedPolicies, type PolicyVersion } from "./tables.ts"

const VERSIONS_MAX = 5

export const policyVersionOperations = {
  CreatePolicyVersion(call, { PolicyArn, PolicyDocument, SetAsDefault = false }) {
    const policy = changeablePolicy(call, PolicyArn!)
    const document = checkedManaged(PolicyDocument!)
    if (policy.versions.length >= VERSIONS_MAX) {
      throw fault(
        "LimitExceededException",
        `A managed policy can have up to ${VERSIONS_MAX} versions. Before you create a new version, you must delete an existing version.`,
      )
    }
    const versionCount = policy.versionCount + 1
    const version: PolicyVersion = { id: `v${versionCount}`, document, createdAt: call.now }
    const changed: ManagedPolicy = {
      ...policy,
      versionCount,
      versions: [...policy.versions, version],
      defaultVersion: SetAsDefault ? version.id : policy.defaultVersion,
      updatedAt: call.now,
    }
    call.tx.put(managedPolicies, changed)
    return { PolicyVersion: describeVersion(changed, version) }
  },

  GetPolicyVersion(call, { PolicyArn, VersionId }) {
    const policy = permittedPolicy(call, PolicyArn!)
    const version = existingVersion(policy, VersionId!)
    return { PolicyVersion: { Document: asUrl(version.document), ...describeVersion(policy, version) } }
  },

  ListPolicyVersions(call, { PolicyArn, ...input }) {
    const policy = permittedPolicy(call, PolicyArn!)
    const newestFirst = policy.versions.toReversed()
    const position = ({ id }: PolicyVersion) => String(policy.versionCount - numberOf(id)).padStart(9, "0")
    const { page, rest } = listed(call, input, newestFirst, position, { arn: policy.arn })
    return { Versions: page.map((version) => describeVersion(policy, version)), ...rest }
  },

  SetDefaultPolicyVersion(call, { PolicyArn, VersionId }) {
    const policy = changeablePolicy(call, PolicyArn!)
    const { id } = existingVersion(policy, VersionId!)
    call.tx.put(managedPolicies, { ...policy, defaultVersion: id, updatedAt: call.now })
    return {}
  },

  DeletePolicyVersion(call, { PolicyArn, VersionId }) {
    const policy = changeablePolicy(call, PolicyArn!)
    const { id } = existingVersion(policy, VersionId!)
    if (id === policy.defaultVersion) throw conflict("Cannot delete the default version of a policy.")
    const versions = policy.versions.filter((version) => version.id !== id)
    call.tx.put(managedPolicies, { ...policy, versions, updatedAt: call.now })
    return {}
  },
} satisfies Operations<typeof sdk>

export function describeVersion(policy: ManagedPolicy, version: PolicyVersion): sdk.PolicyVersion {
  return {
    VersionId: version.id,
    IsDefaultVersion: version.id === policy.defaultVersion,
    CreateDate: new Date(version.createdAt),
  }
}

function existingVersion({ arn, versions }: ManagedPolicy, id: string): PolicyVersion {
  if (!/^v[1-9][0-9]*(\.[A-Za-z0-9-]*)?$/.test(id)) {
    throw unfit(id, "versionId", "Member must satisfy regular expression pattern: v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?")
  }
  const version = versions.find((each) => each.id === id)
  if (version === undefined) throw noSuchEntity(`Policy ${arn} version ${id} does not exist or is not attachable.`)
  return version
}

function numberOf(versionId: string): number {
  return Number(versionId.slice(1))
}
