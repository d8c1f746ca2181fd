import type * as sdk from "@aws-sdk/client-ecr"
import { parseArn } from "../../../aws/arn.ts"
import type { Conditions } from "../../../aws/authorizer.ts"
import type { Call, Operations } from "../../../aws/operations.ts"
import { addTags, inCapitals, removeTags, requestTagConditions, resourceTagConditions } from "../../../aws/tags.ts"
import { unfit } from "../fault.ts"
import { checkedRepositoryName, type Found, homeOf, noRepository, recordsOf, repositoryArn } from "../names.ts"
import { repositories } from "../tables.ts"
import { tagRules, tagsIn } from "./settings.ts"

export const tagOperations = {
  TagResource(call, { resourceArn, tags }) {
    const added = tagsIn(tags)
    const { tx, repository } = tagged(call, resourceArn!, requestTagConditions(added))
    tx.put(repositories, { ...repository, tags: addTags(repository.tags, added, tagRules) })
    return {}
  },

  UntagResource(call, { resourceArn, tagKeys }) {
    const { tx, repository } = tagged(call, resourceArn!, { "aws:TagKeys": tagKeys! })
    tx.put(repositories, { ...repository, tags: removeTags(repository.tags, tagKeys!, tagRules) })
    return {}
  },

  ListTagsForResource(call, { resourceArn }) {
    return { tags: inCapitals(tagged(call, resourceArn!).repository.tags) }
  },
} satisfies Operations<typeof sdk>

function tagged(call: Call, resourceArn: string, conditions: Conditions = {}): Found {
  const arn = parseArn(resourceArn)
  const [, named] = /^repository\/(.+)$/.exec(arn?.resource ?? "") ?? []
  const isHere = call.service === "ecr-public" ? arn?.region === "" : arn?.region === call.region
  if (arn?.service !== call.service || named === undefined || !isHere || arn.account === "") {
    throw unfit("resourceArn", "must be the ARN of a repository in this region")
  }
  const home = homeOf(call, arn.account)
  const name = checkedRepositoryName(named, "resourceArn")
  const tx = recordsOf(call, home)
  const repository = tx.get(repositories, name)
  const all = { ...conditions, ...resourceTagConditions(repository?.tags ?? []) }
  call.authorize(repositoryArn(home, name), all, { document: repository?.policy })
  if (repository === undefined) throw noRepository(home, name)
  return { home, tx, repository }
}
