import type * as sdk from "@aws-sdk/client-ssm"
import type { Conditions } from "../../aws/authorizer.ts"
import type { Call, Operations } from "../../aws/operations.ts"
import {
  addTags,
  checkTags,
  fromCapitals,
  inCapitals,
  removeTags,
  requestTagConditions,
  type Tag,
  type TagRules,
} from "../../aws/tags.ts"
import { fault, invalid } from "./fault.ts"
import { findParameter, parameterConditions } from "./find.ts"
import { namedParameter } from "./names.ts"
import { type Parameter, parameters } from "./tables.ts"

export const tagOperations = {
  AddTagsToResource(call, input) {
    const added = checkedTags(input.Tags)
    const parameter = taggedParameter(call, input, requestTagConditions(added))
    call.tx.put(parameters, { ...parameter, tags: addTags(parameter.tags, added, rules) })
    return {}
  },

  RemoveTagsFromResource(call, input) {
    const parameter = taggedParameter(call, input, { "aws:TagKeys": input.TagKeys })
    call.tx.put(parameters, { ...parameter, tags: removeTags(parameter.tags, input.TagKeys!, rules) })
    return {}
  },

  ListTagsForResource(call, input) {
    return { TagList: inCapitals(taggedParameter(call, input).tags) }
  },
} satisfies Operations<typeof sdk>

export function checkedTags(tags: readonly sdk.Tag[] = []): readonly Tag[] {
  return checkTags(fromCapitals(tags), rules)
}

type Tagged = Pick<sdk.ListTagsForResourceRequest, "ResourceType" | "ResourceId">

function taggedParameter(call: Call, { ResourceType, ResourceId }: Tagged, conditions: Conditions = {}): Parameter {
  const named = namedParameter(call, ResourceId!)
  const parameter = findParameter(call.tx, named)
  call.authorize(parameter?.arn ?? named.arn, { ...(parameter && parameterConditions(parameter)), ...conditions })
  if (ResourceType !== "Parameter") {
    throw fault("InvalidResourceType", `Homeport has no resources of the type ${ResourceType}; it has Parameter.`)
  }
  if (parameter === undefined || named.selector !== undefined) {
    throw fault(
      "InvalidResourceId",
      "The resource ID isn't valid. Verify that you entered the correct ID and try again.",
    )
  }
  return parameter
}

const rules: TagRules = {
  refuse: (problem, { key = "" }) =>
    problem === "too many"
      ? fault("TooManyTagsError", "The maximum number of tags per parameter is 50.")
      : invalid(`The tag ${key.slice(0, 128)} is not valid: ${problem}.`),
}
