import type * as sdk from "@aws-sdk/client-iam"
import type { Call, Operations } from "../../aws/operations.ts"
import {
  addTags,
  type CapitalTag,
  checkTags,
  fromCapitals,
  inCapitals,
  removeTags,
  requestTagConditions,
  type SentTag,
  type Tag,
  type TagProblem,
  type TagRules,
  tagsByKey,
} from "../../aws/tags.ts"
import { fault, invalid, overQuota } from "./fault.ts"
import { changeable, type Kind, permitted, profileKind, roleKind, userKind } from "./kind.ts"
import { listed, type PageInput } from "./listing.ts"
import { permittedProvider } from "./open-id-provider-name.ts"
import { changeablePolicy, permittedPolicy } from "./policy-name.ts"
import { type InstanceProfile, instanceProfiles, managedPolicies, openIdProviders, roles, users } from "./tables.ts"

export const tagOperations = {
  TagUser(call, { UserName, Tags }) {
    const { added, conditions } = adding(Tags)
    const user = permitted(call, userKind, UserName!, conditions)
    call.tx.put(users, { ...user, tags: withTags(user.tags, added) })
    return {}
  },

  UntagUser(call, { UserName, TagKeys }) {
    const user = permitted(call, userKind, UserName!, { "aws:TagKeys": TagKeys! })
    call.tx.put(users, { ...user, tags: withoutTags(user.tags, TagKeys!) })
    return {}
  },

  ListUserTags(call, { UserName, ...page }) {
    return tagsOf(call, userKind, UserName!, page)
  },

  TagRole(call, { RoleName, Tags }) {
    const { added, conditions } = adding(Tags)
    const role = changeable(call, roleKind, RoleName!, conditions)
    call.tx.put(roles, { ...role, tags: withTags(role.tags, added) })
    return {}
  },

  UntagRole(call, { RoleName, TagKeys }) {
    const role = changeable(call, roleKind, RoleName!, { "aws:TagKeys": TagKeys! })
    call.tx.put(roles, { ...role, tags: withoutTags(role.tags, TagKeys!) })
    return {}
  },

  ListRoleTags(call, { RoleName, ...page }) {
    return tagsOf(call, roleKind, RoleName!, page)
  },

  TagInstanceProfile(call, { InstanceProfileName, Tags }) {
    const { added, conditions } = adding(Tags)
    const profile = permitted(call, profileKind, InstanceProfileName!, conditions)
    call.tx.put(instanceProfiles, { ...profile, tags: withTags(profile.tags, added) })
    return {}
  },

  UntagInstanceProfile(call, { InstanceProfileName, TagKeys }) {
    const profile = permitted(call, profileKind, InstanceProfileName!, { "aws:TagKeys": TagKeys! })
    call.tx.put(instanceProfiles, { ...profile, tags: withoutTags(profile.tags, TagKeys!) })
    return {}
  },

  ListInstanceProfileTags(call, { InstanceProfileName, ...page }) {
    return tagsOf(call, profileKind, InstanceProfileName!, page)
  },

  TagPolicy(call, { PolicyArn, Tags }) {
    const { added, conditions } = adding(Tags)
    const policy = changeablePolicy(call, PolicyArn!, conditions)
    call.tx.put(managedPolicies, { ...policy, tags: withTags(policy.tags, added) })
    return {}
  },

  UntagPolicy(call, { PolicyArn, TagKeys }) {
    const policy = changeablePolicy(call, PolicyArn!, { "aws:TagKeys": TagKeys! })
    call.tx.put(managedPolicies, { ...policy, tags: withoutTags(policy.tags, TagKeys!) })
    return {}
  },

  ListPolicyTags(call, { PolicyArn, ...page }) {
    return tagPage(call, permittedPolicy(call, PolicyArn!).tags, page)
  },

  TagOpenIDConnectProvider(call, { OpenIDConnectProviderArn, Tags }) {
    const { added, conditions } = adding(Tags)
    const provider = permittedProvider(call, OpenIDConnectProviderArn!, conditions)
    call.tx.put(openIdProviders, { ...provider, tags: withTags(provider.tags, added) })
    return {}
  },

  UntagOpenIDConnectProvider(call, { OpenIDConnectProviderArn, TagKeys }) {
    const provider = permittedProvider(call, OpenIDConnectProviderArn!, { "aws:TagKeys": TagKeys! })
    call.tx.put(openIdProviders, { ...provider, tags: withoutTags(provider.tags, TagKeys!) })
    return {}
  },

  ListOpenIDConnectProviderTags(call, { OpenIDConnectProviderArn, ...page }) {
    return tagPage(call, permittedProvider(call, OpenIDConnectProviderArn!).tags, page)
  },
} satisfies Operations<typeof sdk>

/** The tags that something is made with, and what policies may ask of them. */
export function adding(sent: readonly CapitalTag[] = []) {
  const added = checkTags(fromCapitals(sent), rules)
  const keys = new Set(added.map(({ key }) => key.toLowerCase()))
  if (keys.size < added.length) throw refusal("key twice", {})
  return { added, conditions: requestTagConditions(added) }
}

/** Unlike most of AWS, IAM takes keys that differ in case only for the same one. */
function withTags(present: readonly Tag[], added: readonly Tag[]): readonly Tag[] {
  const keys = new Set(added.map(({ key }) => key.toLowerCase()))
  const kept = present.filter(({ key }) => added.some((tag) => tag.key === key) || !keys.has(key.toLowerCase()))
  return addTags(kept, added, rules)
}

function withoutTags(present: readonly Tag[], keys: readonly string[]): readonly Tag[] {
  return removeTags(present, keys, rules)
}

function tagsOf<R extends InstanceProfile | { name: string; path: string; tags: readonly Tag[] }>(
  call: Call,
  kind: Kind<R>,
  name: string,
  page: PageInput,
) {
  return tagPage(call, permitted(call, kind, name).tags, page)
}

function tagPage(call: Call, tags: readonly Tag[], input: PageInput) {
  const { page, rest } = listed(call, input, tagsByKey(tags), ({ key }) => key)
  return { Tags: inCapitals(page), ...rest }
}

const rules: TagRules = { refuse: refusal }

function refusal(problem: TagProblem, { key = "" }: SentTag) {
  switch (problem) {
    case "too many":
      return overQuota("TagsPerResource", 50)
    case "key twice":
      return fault("InvalidInputException", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    case "reserved key":
      return fault("InvalidInputException", "System tags cannot be added/updated/removed by requester")
    default:
      return invalid(`The tag ${key} is not valid: ${problem}.`)
  }
}
