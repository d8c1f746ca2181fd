import type * as sdk from "@aws-sdk/client-ecs"
import { parseArn, resourceOf } from "../../aws/arn.ts"
import type { Fault } from "../../aws/fault.ts"
import type { Call, Operations } from "../../aws/operations.ts"
import {
  addTags,
  checkTags,
  removeTags,
  requestTagConditions,
  resourceTagConditions,
  type Tag,
  type TagProblem,
  type TagRules,
} from "../../aws/tags.ts"
import type { Tx } from "../../store/transaction.ts"
import { fault, invalid } from "./fault.ts"
import { taggedArn } from "./names.ts"
import { clusters, resourceTags } from "./tables.ts"

export const tagOperations = {
  TagResource(call, input) {
    const arn = taggedArn(input.resourceArn!)
    const added = checkTags(input.tags!, rules)
    call.authorize(arn, { ...requestTagConditions(added), ...resourceTagConditions(tagsOf(call.tx, arn)) })
    checkTaggable(call, arn)
    putTags(call.tx, arn, addTags(tagsOf(call.tx, arn), added, rules))
    return {}
  },

  UntagResource(call, input) {
    const arn = taggedArn(input.resourceArn!)
    const tags = tagsOf(call.tx, arn)
    call.authorize(arn, { "aws:TagKeys": input.tagKeys!, ...resourceTagConditions(tags) })
    checkTaggable(call, arn)
    putTags(call.tx, arn, removeTags(tags, input.tagKeys!, rules))
    return {}
  },

  ListTagsForResource(call, input) {
    const arn = taggedArn(input.resourceArn!)
    call.authorize(arn, resourceTagConditions(tagsOf(call.tx, arn)))
    checkTaggable(call, arn)
    return { tags: [...tagsOf(call.tx, arn)] }
  },
} satisfies Operations<typeof sdk>

/** The tags of a request that makes something. */
export function checkedTags(tags: readonly sdk.Tag[] | undefined): readonly Tag[] {
  return checkTags(tags ?? [], rules)
}

export function tagsOf(tx: Tx, arn: string): readonly Tag[] {
  return tx.get(resourceTags, arn)?.tags ?? []
}

/** Replaces all tags of a resource. */
export function putTags(tx: Tx, arn: string, tags: readonly Tag[]): void {
  if (tags.length === 0) tx.delete(resourceTags, arn)
  else tx.put(resourceTags, { arn, tags })
}

/** A resource that ends is still shown for a while, tags and all. */
export function forgetTags(tx: Tx, arn: string, until: number | undefined): void {
  const tagged = tx.get(resourceTags, arn)
  if (tagged !== undefined) tx.put(resourceTags, { ...tagged, until })
}

/** Only what is there and alive can be tagged. */
function checkTaggable(call: Call, arn: string): void {
  const kind = resourceOf(parseArn(arn)!).type
  const cluster = kind === "cluster" ? call.tx.get(clusters, arn) : undefined
  if (cluster === undefined) throw invalid(`The specified ${kind.replaceAll("-", " ")} does not exist.`)
  if (cluster.status === "INACTIVE") {
    throw invalid("The specified cluster is inactive. Specify an active cluster and try again.")
  }
}

const rules: TagRules = { refuse: refusal }

function refusal(problem: TagProblem, { key = "" }: { readonly key?: string | undefined }): Fault {
  switch (problem) {
    case "too many":
      return fault("LimitExceededException", "The maximum number of tags per resource is 50.")
    case "no key":
      return invalid("Tag key can not be null or empty.")
    case "no value":
      return invalid("Tag value can not be null.")
    case "key too long":
      return invalid("Tag key can not be longer than 128 characters.")
    case "value too long":
      return invalid(`The value of tag ${key} can not be longer than 256 characters.`)
    case "invalid key":
    case "invalid value":
      return invalid(
        `The tag ${key} has characters that are not allowed. Use letters, numbers, spaces and _ . : / = + - @`,
      )
    case "reserved key":
      return invalid("Tag keys that begin with aws: are reserved for AWS.")
    case "key twice":
      return invalid(`The tag key ${key} is given more than once.`)
  }
}
