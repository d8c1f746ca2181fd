import type * as sdk from "@aws-sdk/client-ecr"
import { flow, type Operations } from "../../../aws/operations.ts"
import type { BlobStore } from "../blobs/blob-store.ts"
import { digestOf } from "../blobs/digest.ts"
import type { RecentBlobs } from "../blobs/recent.ts"
import { fault, invalid, stored, unfit } from "../fault.ts"
import { authorizedRepository, isTag } from "../names.ts"
import { deletedImages } from "./batch-delete.ts"
import { failureOfName, notFound } from "./failure.ts"
import { findImage, notePull } from "./find.ts"
import { BadManifest, type Manifest, readManifest, signedPart } from "./manifest.ts"
import { putImage } from "./put.ts"

export function imageOperations(blobs: BlobStore, manifests: RecentBlobs) {
  return {
    BatchGetImage: flow(async (call, input) => {
      const failures: sdk.ImageFailure[] = []
      const { home, repository, wanted } = await call.transact((inner) => {
        const found = authorizedRepository(inner, input)
        checkBatch(input.imageIds!)
        const wanted = input.imageIds!.flatMap((imageId) => {
          const problem = failureOfName(imageId)
          const image = problem === undefined ? findImage(found, imageId) : undefined
          if (image === undefined) failures.push(problem ?? notFound(imageId))
          else notePull(found, image, inner.now)
          return image === undefined ? [] : [{ image, imageTag: imageId.imageTag }]
        })
        return { ...found, wanted }
      })
      const images: sdk.Image[] = []
      for (const { image, imageTag } of wanted) {
        const bytes = await stored(Promise.resolve(manifests.whole(image.manifestBlob ?? image.digest)))
        images.push({
          registryId: home.account,
          repositoryName: repository.name,
          imageId: { imageDigest: image.digest, ...(imageTag !== undefined && { imageTag }) },
          imageManifest: Buffer.from(bytes).toString("utf8"),
          imageManifestMediaType: image.mediaType,
        })
      }
      return { images, failures }
    }),

    PutImage: flow(async (call, input) => {
      const { imageTag, imageManifest } = input
      const found = await call.transact((inner) => authorizedRepository(inner, input))
      const { home, repository } = found
      if (imageTag !== undefined && !isTag(imageTag)) {
        throw unfit("imageTag", "must satisfy regular expression '[a-zA-Z0-9_][a-zA-Z0-9-_.]{0,299}'")
      }
      const bytes = Buffer.from(imageManifest!)
      if (bytes.length > MANIFEST_BYTES_MAX) throw unfit("imageManifest", "must have at most 4194304 bytes")
      const { manifest, digest } = read(bytes, input.imageManifestMediaType)
      if (input.imageDigest !== undefined && input.imageDigest !== digest) {
        throw fault(
          "ImageDigestDoesNotMatchException",
          `Image digest '${input.imageDigest}' does not match the digest '${digest}' of the manifest`,
        )
      }
      const blob = digestOf(bytes)
      using _ = blobs.hold(blob)
      await stored(blobs.put(blob, bytes))
      await call.transact((inner) => {
        const now = authorizedRepository(inner, input)
        const image = { manifest, digest, blob, manifestBytes: bytes.length, tag: imageTag }
        if (putImage(now, image, inner.now)) return
        const named = imageTag === undefined ? "" : ` and tag '${imageTag}'`
        throw fault(
          "ImageAlreadyExistsException",
          `Image with digest '${digest}'${named} already exists in the repository with name '${repository.name}' in registry with id '${home.account}'`,
        )
      })
      return {
        image: {
          registryId: home.account,
          repositoryName: repository.name,
          imageId: { imageDigest: digest, ...(imageTag !== undefined && { imageTag }) },
          imageManifest: imageManifest!,
          imageManifestMediaType: manifest.mediaType,
        },
      }
    }),

    BatchDeleteImage(call, input) {
      const found = authorizedRepository(call, input)
      checkBatch(input.imageIds!)
      return deletedImages(found, input.imageIds!, call.now)
    },

    StartImageScan(call, input) {
      authorizedRepository(call, input)
      throw fault("UnsupportedImageTypeException", "Homeport does not scan images.")
    },

    DescribeImageScanFindings(call, input) {
      const { home, repository } = authorizedRepository(call, input)
      const { imageDigest = "null", imageTag = "null" } = input.imageId!
      throw fault(
        "ScanNotFoundException",
        `Image scan does not exist for the image with '{imageDigest:'${imageDigest}', imageTag:'${imageTag}'}' in the repository with name '${repository.name}' in the registry with id '${home.account}'`,
      )
    },
  } satisfies Operations<typeof sdk>
}

function read(bytes: Uint8Array, mediaType: string | undefined): { manifest: Manifest; digest: string } {
  try {
    const manifest = readManifest(bytes, mediaType)
    return { manifest, digest: digestOf(signedPart(bytes, manifest)) }
  } catch (error) {
    if (!(error instanceof BadManifest)) throw error
    throw invalid(
      `Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax': ${error.message}`,
    )
  }
}

function checkBatch(imageIds: readonly sdk.ImageIdentifier[]): void {
  if (imageIds.length === 0) throw unfit("imageIds", "must have length greater than or equal to 1")
  if (imageIds.length > BATCH_MAX) throw unfit("imageIds", `must have length less than or equal to ${BATCH_MAX}`)
}

const BATCH_MAX = 100
const MANIFEST_BYTES_MAX = 4 * 2 ** 20
