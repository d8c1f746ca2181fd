import type * as sdk from "@aws-sdk/client-cloudwatch-logs"
import { parseArn } from "../../aws/arn.ts"
import type { Conditions } from "../../aws/authorizer.ts"
import type { Call, Operations } from "../../aws/operations.ts"
import {
  addTags,
  checkTags,
  removeTags,
  requestTagConditions,
  type SentTag,
  type Tag,
  type TagProblem,
  type TagRules,
} from "../../aws/tags.ts"
import { fault, invalid } from "./fault.ts"
import { checkedGroupName, existingGroup, groupArn, groupResource, type NamedGroup } from "./names.ts"
import { permit } from "./permit.ts"
import { type LogGroup, logGroups } from "./tables.ts"

export const tagOperations = {
  TagResource(call, input) {
    addToGroup(call, taggedGroup(input.resourceArn!), groupArn, input.tags!)
    return {}
  },

  UntagResource(call, input) {
    removeFromGroup(call, taggedGroup(input.resourceArn!), groupArn, input.tagKeys!)
    return {}
  },

  ListTagsForResource(call, input) {
    return { tags: tagsOfGroup(call, taggedGroup(input.resourceArn!), groupArn) }
  },

  // The three below are what AWS had first. They name a group instead of an ARN, and are asked of another resource.
  TagLogGroup(call, input) {
    addToGroup(call, ownGroup(call, input.logGroupName!), groupResource, input.tags!)
    return {}
  },

  UntagLogGroup(call, input) {
    removeFromGroup(call, ownGroup(call, input.logGroupName!), groupResource, input.tags!)
    return {}
  },

  ListTagsLogGroup(call, input) {
    return { tags: tagsOfGroup(call, ownGroup(call, input.logGroupName!), groupResource) }
  },
} satisfies Operations<typeof sdk>

export function checkedTags(tags: Readonly<Record<string, string>> = {}): readonly Tag[] {
  return checkTags(
    Object.entries(tags).map(([key, value]) => ({ key, value })),
    rules,
  )
}

type ResourceOf = (home: NamedGroup, name: string) => string

function addToGroup(call: Call, named: NamedGroup, resourceOf: ResourceOf, sent: Record<string, string>): void {
  const added = checkedTags(sent)
  const group = authorized(call, named, resourceOf, requestTagConditions(added))
  call.tx.put(logGroups, { ...group, tags: addTags(group.tags, added, rules) })
}

function removeFromGroup(call: Call, named: NamedGroup, resourceOf: ResourceOf, keys: readonly string[]): void {
  const group = authorized(call, named, resourceOf, { "aws:TagKeys": keys })
  call.tx.put(logGroups, { ...group, tags: removeTags(group.tags, keys, rules) })
}

function tagsOfGroup(call: Call, named: NamedGroup, resourceOf: ResourceOf): Record<string, string> {
  const { tags } = authorized(call, named, resourceOf, {})
  return Object.fromEntries(tags.map(({ key, value }) => [key, value]))
}

function authorized(call: Call, named: NamedGroup, resourceOf: ResourceOf, conditions: Conditions): LogGroup {
  permit(call, named, resourceOf(named, named.name), conditions)
  return existingGroup(call, named)
}

/** Some clients send the ARN that DescribeLogGroups shows as `arn`, which has `:*` at its end. */
function taggedGroup(resourceArn: string): NamedGroup {
  const arn = parseArn(resourceArn)
  const name = /^log-group:([^:]+)(:\*)?$/.exec(arn?.resource ?? "")?.[1]
  if (arn?.service !== "logs" || name === undefined) throw invalid(`Invalid resource ARN: ${resourceArn}`)
  return { account: arn.account, region: arn.region, name: checkedGroupName(name, "resourceArn") }
}

function ownGroup({ account, region }: Call, name: string): NamedGroup {
  return { account, region, name: checkedGroupName(name, "logGroupName") }
}

const rules: TagRules = { refuse: refusal }

function refusal(problem: TagProblem, { key = "" }: SentTag) {
  switch (problem) {
    case "too many":
      return fault("TooManyTagsException", "The maximum number of tags per resource is 50.")
    case "reserved key":
      return invalid("aws: prefixed tag key names are not allowed for external use.")
    default:
      return invalid(`The tag ${key} is not valid: ${problem}.`)
  }
}
