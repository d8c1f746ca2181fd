import type * as sdk from "@aws-sdk/client-ecr"
import { isDigest } from "../blobs/blob-store.ts"
import { isTag } from "../names.ts"

/** What AWS says of one image of several, while the others are served. */
export function failure(
  imageId: sdk.ImageIdentifier,
  failureCode: sdk.ImageFailureCode,
  failureReason: string,
): sdk.ImageFailure {
  return { imageId, failureCode, failureReason }
}

/** What is wrong with a name before anybody looks for the image. */
export function failureOfName(imageId: sdk.ImageIdentifier): sdk.ImageFailure | undefined {
  const { imageDigest, imageTag } = imageId
  if (imageDigest === undefined && imageTag === undefined) {
    return failure(imageId, "MissingDigestAndTag", "Invalid request parameters: both tag and digest cannot be null")
  }
  if (imageDigest !== undefined && !isDigest(imageDigest)) {
    const constraint = "image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'"
    return failure(imageId, "InvalidImageDigest", `Invalid request parameters: ${constraint}`)
  }
  if (imageTag !== undefined && !isTag(imageTag)) {
    const constraint = "image tag should satisfy the regex '[a-zA-Z0-9_][a-zA-Z0-9-_.]{0,299}'"
    return failure(imageId, "InvalidImageTag", `Invalid request parameters: ${constraint}`)
  }
  return undefined
}

export function notFound(imageId: sdk.ImageIdentifier): sdk.ImageFailure {
  return failure(imageId, "ImageNotFound", "Requested image not found")
}
