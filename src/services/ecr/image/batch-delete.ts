import type * as sdk from "@aws-sdk/client-ecr"
import type { Found } from "../names.ts"
import { type Image, imageKey, images, imageTags, tagKey } from "../tables.ts"
import { deleteImage, isListed, tagsOf } from "./delete.ts"
import { failure, failureOfName, notFound } from "./failure.ts"
import { findImage } from "./find.ts"

/** Deletes some images by their digests or tags, indexes before what they list. */
export function deletedImages(found: Found, sent: readonly sdk.ImageIdentifier[], now: number) {
  const imageIds: sdk.ImageIdentifier[] = []
  const failures: sdk.ImageFailure[] = []
  const named = sent.map((imageId) => ({ imageId, image: imageOf(found, imageId) }))
  named.sort((a, b) => (b.image?.children.length ?? 0) - (a.image?.children.length ?? 0))
  for (const { imageId } of named) {
    const image = imageOf(found, imageId)
    if (image === undefined) failures.push(failureOfName(imageId) ?? missing(found, imageId))
    else if (imageId.imageTag !== undefined) imageIds.push(untagged(found, image, imageId.imageTag, now))
    else if (isListed(found.tx, image)) failures.push(listed(found, image, imageId))
    else imageIds.push(...deleted(found, image, now))
  }
  return { imageIds, failures }
}

function imageOf(found: Found, imageId: sdk.ImageIdentifier): Image | undefined {
  return failureOfName(imageId) === undefined ? findImage(found, imageId) : undefined
}

/** An image stays as long as it has other tags, or an index lists it. */
function untagged({ tx, repository }: Found, image: Image, imageTag: string, now: number): sdk.ImageIdentifier {
  tx.delete(imageTags, tagKey(repository.id, imageTag))
  const hasOthers = tx.some(imageTags, "image", imageKey(repository.id, image.digest))
  if (!hasOthers && !isListed(tx, image)) deleteImage(tx, image, now)
  return { imageDigest: image.digest, imageTag }
}

function deleted({ tx }: Found, image: Image, now: number): readonly sdk.ImageIdentifier[] {
  const tags = tagsOf(tx, image)
  deleteImage(tx, image, now)
  if (tags.length === 0) return [{ imageDigest: image.digest }]
  return tags.map((imageTag) => ({ imageDigest: image.digest, imageTag }))
}

function missing({ tx, repository }: Found, imageId: sdk.ImageIdentifier): sdk.ImageFailure {
  const { imageDigest, imageTag } = imageId
  const isThere = imageDigest !== undefined && tx.get(images, imageKey(repository.id, imageDigest)) !== undefined
  if (!isThere || imageTag === undefined) return notFound(imageId)
  return failure(imageId, "ImageTagDoesNotMatchDigest", "Requested image tag does not match the image digest")
}

function listed({ tx, repository }: Found, { digest }: Image, imageId: sdk.ImageIdentifier): sdk.ImageFailure {
  const indexes = tx.where(images, "holds", imageKey(repository.id, digest)).map((index) => index.digest)
  const reason = `Requested image referenced by manifest list: [${indexes.join(", ")}]`
  return failure(imageId, "ImageReferencedByManifestList", reason)
}
