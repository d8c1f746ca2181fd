import type * as sdk from "@aws-sdk/client-secrets-manager"
import type { Operations } from "../../aws/operations.ts"
import {
  addTags,
  checkTags,
  fromCapitals,
  removeTags,
  requestTagConditions,
  type Tag,
  type TagRules,
} from "../../aws/tags.ts"
import { fault, invalid } from "./fault.ts"
import { permittedLiveSecret } from "./find.ts"
import { secrets } from "./tables.ts"

export const tagOperations = {
  TagResource(call, input) {
    const added = checkedTags(input.Tags)
    const { secret, tx } = permittedLiveSecret(call, input.SecretId!, { conditions: requestTagConditions(added) })
    tx.put(secrets, { ...secret, tags: addTags(secret.tags, added, rules), changedAt: call.now })
    return {}
  },

  UntagResource(call, input) {
    const { secret, tx } = permittedLiveSecret(call, input.SecretId!, { conditions: { "aws:TagKeys": input.TagKeys } })
    tx.put(secrets, { ...secret, tags: removeTags(secret.tags, input.TagKeys!, rules), changedAt: call.now })
    return {}
  },
} satisfies Operations<typeof sdk>

export function checkedTags(tags: readonly sdk.Tag[] = []): readonly Tag[] {
  return checkTags(fromCapitals(tags), rules)
}

const rules: TagRules = {
  refuse: (problem, { key = "" }) =>
    problem === "too many"
      ? fault("LimitExceededException", "The maximum number of tags per secret is 50.")
      : invalid(`The tag ${key.slice(0, 128)} is not valid: ${problem}.`),
}
