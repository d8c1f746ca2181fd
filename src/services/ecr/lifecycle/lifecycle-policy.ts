import type * as sdk from "@aws-sdk/client-ecr"
import type { Operations } from "../../../aws/operations.ts"
import { pageOf } from "../../../aws/page.ts"
import { fault } from "../fault.ts"
import { findImage } from "../image/find.ts"
import { authorizedRepository, checkCount, type Found } from "../names.ts"
import { invalidToken } from "../repository/repository.ts"
import { checkOneOf } from "../repository/settings.ts"
import { type Lifecycle, lifecyclePreviews, repositories } from "../tables.ts"
import { taggedImages } from "./controller.ts"
import { planExpiry } from "./plan.ts"
import { readLifecyclePolicy } from "./policy.ts"

export const lifecyclePolicyOperations = {
  PutLifecyclePolicy(call, input) {
    const found = authorizedRepository(call, input)
    const policy = input.lifecyclePolicyText!
    readLifecyclePolicy(policy)
    found.tx.put(repositories, { ...found.repository, lifecycle: { policy, evaluatedAt: 0 } })
    return { ...where(found), lifecyclePolicyText: policy }
  },

  GetLifecyclePolicy(call, input) {
    const found = authorizedRepository(call, input)
    const { policy, evaluatedAt } = existing(found)
    return { ...where(found), lifecyclePolicyText: policy, lastEvaluatedAt: new Date(evaluatedAt) }
  },

  DeleteLifecyclePolicy(call, input) {
    const found = authorizedRepository(call, input)
    const { policy, evaluatedAt } = existing(found)
    const { lifecycle: _, ...without } = found.repository
    found.tx.put(repositories, without)
    return { ...where(found), lifecyclePolicyText: policy, lastEvaluatedAt: new Date(evaluatedAt) }
  },

  StartLifecyclePolicyPreview(call, input) {
    const found = authorizedRepository(call, input)
    const policy = input.lifecyclePolicyText ?? existing(found).policy
    readLifecyclePolicy(policy)
    found.tx.put(lifecyclePreviews, { repositoryId: found.repository.id, policy, at: call.now })
    return { ...where(found), lifecyclePolicyText: policy, status: "IN_PROGRESS" }
  },

  GetLifecyclePolicyPreview(call, input) {
    const found = authorizedRepository(call, input)
    const { tx, repository } = found
    const { nextToken, maxResults = 100, filter = {}, imageIds = [] } = input
    checkCount(maxResults, "maxResults", 100)
    const { tagStatus = "ANY" } = filter
    checkOneOf(tagStatus, ["TAGGED", "UNTAGGED", "ANY"], "filter.tagStatus")
    const preview = tx.get(lifecyclePreviews, repository.id)
    if (preview === undefined) {
      throw fault(
        "LifecyclePolicyPreviewNotFoundException",
        `Lifecycle policy preview not found for the repository with name '${repository.name}' in the registry with id '${found.home.account}'`,
      )
    }
    const expiries = planExpiry(readLifecyclePolicy(preview.policy), taggedImages(tx, repository), preview.at)
    const asked = new Set(imageIds.map((imageId) => findImage(found, imageId)?.digest))
    const shown = expiries
      .filter(({ image }) => imageIds.length === 0 || asked.has(image.digest))
      .filter(({ image }) => tagStatus === "ANY" || image.tags.length > 0 === (tagStatus === "TAGGED"))
      .sort((a, b) => (a.image.digest < b.image.digest ? -1 : 1))
    const listing = pageOf(call, {
      token: nextToken,
      limit: maxResults,
      filters: { repository: repository.id, at: preview.at, tagStatus, imageIds },
      list: ({ after = "", limit }) => shown.filter(({ image }) => image.digest > after).slice(0, limit),
      position: ({ image }) => image.digest,
      invalidToken,
    })
    return {
      ...where(found),
      lifecyclePolicyText: preview.policy,
      status: "COMPLETE",
      previewResults: listing.page.map(({ image, priority }) => ({
        ...(image.tags.length > 0 && { imageTags: [...image.tags] }),
        imageDigest: image.digest,
        imagePushedAt: new Date(image.pushedAt),
        action: { type: "EXPIRE" as const },
        appliedRulePriority: priority,
      })),
      summary: { expiringImageTotalCount: expiries.length },
      ...(listing.nextToken !== undefined && { nextToken: listing.nextToken }),
    }
  },
} satisfies Operations<typeof sdk>

function where({ home, repository }: Found) {
  return { registryId: home.account, repositoryName: repository.name }
}

function existing({ home, repository }: Found): Lifecycle {
  if (repository.lifecycle !== undefined) return repository.lifecycle
  throw fault(
    "LifecyclePolicyNotFoundException",
    `Lifecycle policy does not exist for the repository with name '${repository.name}' in the registry with id '${home.account}'`,
  )
}
