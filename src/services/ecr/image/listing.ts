import type * as sdk from "@aws-sdk/client-ecr"
import type { Operations } from "../../../aws/operations.ts"
import { pageOf } from "../../../aws/page.ts"
import { invalid } from "../fault.ts"
import { authorizedRepository, checkCount, type Found } from "../names.ts"
import { invalidToken } from "../repository/repository.ts"
import { checkOneOf } from "../repository/settings.ts"
import { type Image, imageKey, images } from "../tables.ts"
import { tagsOf } from "./delete.ts"
import { failureOfName } from "./failure.ts"
import { findImage, noImage } from "./find.ts"

export const imageListingOperations = {
  ListImages(call, input) {
    const found = authorizedRepository(call, input)
    const { filter = {}, nextToken, maxResults = 100 } = input
    checkCount(maxResults, "maxResults")
    const fits = filterOf(filter)
    const listing = pageOf(call, {
      token: nextToken,
      limit: maxResults,
      filters: { repository: found.repository.id, ...filter },
      list: ({ after, limit }) => entriesFrom(found, after, limit, fits),
      position: ({ imageDigest, imageTag = "" }) => `${imageDigest} ${imageTag}`,
      invalidToken,
    })
    return { imageIds: [...listing.page], ...next(listing) }
  },

  DescribeImages(call, input) {
    const found = authorizedRepository(call, input)
    const { filter = {}, nextToken, maxResults = 100, imageIds } = input
    checkCount(maxResults, "maxResults")
    if (imageIds !== undefined && imageIds.length > 0) {
      return { imageDetails: imageIds.map((imageId) => describe(found, named(found, imageId))) }
    }
    const fits = filterOf(filter)
    const listing = pageOf(call, {
      token: nextToken,
      limit: maxResults,
      filters: { repository: found.repository.id, ...filter },
      list: ({ after, limit }) => [...imagesFrom(found, after, fits)].slice(0, limit),
      position: ({ digest }) => digest,
      invalidToken,
    })
    return { imageDetails: listing.page.map((image) => describe(found, image)), ...next(listing) }
  },

  ListImageReferrers(call, input) {
    const found = authorizedRepository(call, input)
    const { nextToken, maxResults = 50, filter = {} } = input
    checkCount(maxResults, "maxResults", 50)
    const subject = input.subjectId!.imageDigest!
    const isWanted = ({ artifactType }: Image) => filter.artifactTypes?.includes(artifactType ?? "") ?? true
    const where: [index: "subject", value: string] = ["subject", imageKey(found.repository.id, subject)]
    const listing = pageOf(call, {
      token: nextToken,
      limit: maxResults,
      filters: { repository: found.repository.id, subject, ...filter },
      list: ({ after, limit }) =>
        found.tx
          .list(images, { where, after: after && imageKey(found.repository.id, after) })
          .filter(isWanted)
          .slice(0, limit),
      position: ({ digest }) => digest,
      invalidToken,
    })
    return { referrers: listing.page.map(referrer), ...next(listing) }
  },
} satisfies Operations<typeof sdk>

type Fits = (found: Found, image: Image) => boolean

function filterOf({ tagStatus = "ANY", imageStatus = "ACTIVE" }: sdk.ListImagesFilter): Fits {
  checkOneOf(tagStatus, ["TAGGED", "UNTAGGED", "ANY"], "filter.tagStatus")
  checkOneOf(imageStatus, ["ACTIVE", "ARCHIVED", "ACTIVATING", "ANY"], "filter.imageStatus")
  // Nothing is ever archived here.
  if (imageStatus === "ARCHIVED" || imageStatus === "ACTIVATING") return () => false
  if (tagStatus === "ANY") return () => true
  return ({ tx }, image) => tagsOf(tx, image).length > 0 === (tagStatus === "TAGGED")
}

function* imagesFrom(found: Found, after: string | undefined, fits: Fits): Generator<Image> {
  const { tx, repository } = found
  const from = after && imageKey(repository.id, after)
  for (const image of tx.list(images, { where: ["repository", repository.id], after: from })) {
    if (fits(found, image)) yield image
  }
}

/** One entry for each tag, and one for an image without any. */
function entriesFrom(found: Found, after: string | undefined, limit: number, fits: Fits): sdk.ImageIdentifier[] {
  const [digestBefore, tagBefore = ""] = after?.split(" ") ?? []
  const entries: sdk.ImageIdentifier[] = []
  const add = (image: Image, from: string) => {
    const tags = tagsOf(found.tx, image)
    if (tags.length === 0 && from === "") entries.push({ imageDigest: image.digest })
    for (const imageTag of tags) if (imageTag > from) entries.push({ imageDigest: image.digest, imageTag })
  }
  if (digestBefore !== undefined && tagBefore !== "") {
    const image = found.tx.get(images, imageKey(found.repository.id, digestBefore))
    if (image !== undefined && fits(found, image)) add(image, tagBefore)
  }
  for (const image of imagesFrom(found, digestBefore, fits)) {
    if (entries.length >= limit) break
    add(image, "")
  }
  return entries.slice(0, limit)
}

function named(found: Found, imageId: sdk.ImageIdentifier): Image {
  const problem = failureOfName(imageId)
  if (problem !== undefined) throw invalid(problem.failureReason!)
  const image = findImage(found, imageId)
  if (image === undefined) throw noImage(found.home, found.repository, imageId)
  return image
}

function describe({ home, tx, repository }: Found, image: Image): sdk.ImageDetail {
  const tags = tagsOf(tx, image)
  return {
    registryId: home.account,
    repositoryName: repository.name,
    imageDigest: image.digest,
    ...(tags.length > 0 && { imageTags: [...tags] }),
    imageSizeInBytes: image.bytes,
    imagePushedAt: new Date(image.pushedAt),
    imageManifestMediaType: image.mediaType,
    imageStatus: "ACTIVE",
    ...(image.artifactType !== undefined && { artifactMediaType: image.artifactType }),
    ...(image.pulledAt !== undefined && { lastRecordedPullTime: new Date(image.pulledAt) }),
    ...(image.subject !== undefined && { subjectManifestDigest: image.subject }),
  }
}

function referrer({ digest, mediaType, artifactType, manifestBytes, annotations }: Image): sdk.ImageReferrer {
  return {
    digest,
    mediaType,
    size: manifestBytes,
    artifactStatus: "ACTIVE",
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations !== undefined && { annotations: { ...annotations } }),
  }
}

function next({ nextToken }: { readonly nextToken: string | undefined }): { nextToken?: string } {
  return nextToken === undefined ? {} : { nextToken }
}
