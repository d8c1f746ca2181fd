import type * as sdk from "@aws-sdk/client-kms"
import type { Operations } from "../../aws/operations.ts"
import { pageOf } from "../../aws/page.ts"
import { addTags, checkTags, removeTags, requestTagConditions, type Tag, type TagRules } from "../../aws/tags.ts"
import { fault } from "./fault.ts"
import { refuseAlias } from "./find.ts"
import { pageRequest } from "./listing.ts"
import { permittedCustomerKey, permittedOwnKey, refusePending } from "./permit.ts"
import { keys } from "./tables.ts"

export const tagOperations = {
  TagResource(call, input) {
    refuseAlias(input.KeyId!)
    const added = checkedTags(input.Tags)
    const key = permittedCustomerKey(call, input.KeyId!, { conditions: requestTagConditions(added) })
    refusePending(key)
    call.tx.put(keys, { ...key, tags: addTags(key.tags, added, rules) })
    return {}
  },

  UntagResource(call, input) {
    refuseAlias(input.KeyId!)
    const key = permittedCustomerKey(call, input.KeyId!, { conditions: { "aws:TagKeys": input.TagKeys! } })
    refusePending(key)
    call.tx.put(keys, { ...key, tags: removeTags(key.tags, input.TagKeys!, rules) })
    return {}
  },

  ListResourceTags(call, input) {
    const { tags } = permittedOwnKey(call, input.KeyId!)
    const listing = pageOf(call, {
      ...pageRequest(input, 50),
      filters: { key: input.KeyId },
      list: ({ after, limit }) => {
        const from = after === undefined ? 0 : tags.findIndex(({ key }) => key === after) + 1
        return tags.slice(from, from + limit)
      },
      position: ({ key }) => key,
    })
    return {
      Tags: listing.page.map(({ key, value }) => ({ TagKey: key, TagValue: value })),
      Truncated: listing.nextToken !== undefined,
      ...(listing.nextToken !== undefined && { NextMarker: listing.nextToken }),
    }
  },
} satisfies Operations<typeof sdk>

export function checkedTags(tags: readonly sdk.Tag[] = []): readonly Tag[] {
  return checkTags(
    tags.map(({ TagKey, TagValue }) => ({ key: TagKey, value: TagValue })),
    rules,
  )
}

const rules: TagRules = {
  refuse: (problem, { key = "" }) =>
    problem === "too many"
      ? fault("LimitExceededException", "The maximum number of tags per key is 50.")
      : fault("TagException", `The tag ${key.slice(0, 128)} is not valid: ${problem}.`),
}
