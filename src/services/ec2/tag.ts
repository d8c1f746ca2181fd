import type * as sdk from "@aws-sdk/client-ec2"
import type { Operations } from "../../aws/operations.ts"
import { requestTagConditions } from "../../aws/tags.ts"
import type { Tx } from "../../store/transaction.ts"
import { chosen } from "./describe.ts"
import { fault, missing } from "./fault.ts"
import { permit } from "./permit.ts"
import { find, KINDS, type Kind } from "./resource.ts"
import { resourceTags } from "./tables.ts"
import { addToTags, checkedTags, putTags, takeFromTags } from "./tagging.ts"

export const tagOperations = {
  CreateTags(call, input) {
    const tags = checkedTags(input.Tags)
    const tagged = taggedKinds(input.Resources!)
    permit(call, input, arnsOf(tagged), requestTagConditions(tags))
    if (tags.length === 0) throw missing("Tag")
    checkThere(call.tx, tagged)
    for (const [id, { type }] of tagged) addToTags(call.tx, type, id, tags)
    return {}
  },

  DeleteTags(call, input) {
    const tagged = taggedKinds(input.Resources!)
    const keys = (input.Tags ?? []).flatMap(({ Key }) => Key ?? [])
    permit(call, input, arnsOf(tagged), { "aws:TagKeys": keys })
    checkThere(call.tx, tagged)
    for (const [id, { type }] of tagged) {
      // Without tags to take away, all of them are meant.
      if (input.Tags === undefined || input.Tags.length === 0) putTags(call.tx, type, id, [])
      else takeFromTags(call.tx, type, id, input.Tags)
    }
    return {}
  },

  DescribeTags(call, input) {
    permit(call, input, "*")
    const all = call.tx
      .all(resourceTags)
      .flatMap(({ resourceId, resourceType, tags }) => tags.map((tag) => ({ resourceId, resourceType, ...tag })))
    const { page, nextToken } = chosen(call, input, {
      all,
      fields: {
        key: ({ key }) => key,
        value: ({ value }) => value,
        "resource-id": ({ resourceId }) => resourceId,
        "resource-type": ({ resourceType }) => resourceType,
      },
      position: ({ resourceId, key }) => `${resourceId} ${key}`,
    })
    const shown = page.map(({ resourceId, resourceType, key, value }) => ({
      ResourceId: resourceId,
      ResourceType: resourceType as sdk.ResourceType,
      Key: key,
      Value: value,
    }))
    return { Tags: shown, NextToken: nextToken }
  },
} satisfies Operations<typeof sdk>

type Tagged = ReadonlyMap<string, Kind<object>>

/** The kinds of what is to be tagged, told by the ids alone. */
function taggedKinds(ids: readonly string[]): Tagged {
  return new Map(
    ids.map((id) => {
      const kind = KINDS.find(({ prefix }) => prefix === id.slice(0, Math.max(0, id.lastIndexOf("-"))))
      if (kind === undefined) throw fault("InvalidID", `The ID '${id}' is not valid`)
      return [id, kind]
    }),
  )
}

function arnsOf(tagged: Tagged): string[] {
  return Array.from(tagged, ([id, { type }]) => `${type}/${id}`)
}

function checkThere(tx: Tx, tagged: Tagged): void {
  for (const [id, kind] of tagged) find(tx, kind, id)
}
