import type * as sdk from "@aws-sdk/client-ecr"
import { asStream } from "../../../aws/http.ts"
import { type FlowCall, flow, type Operations } from "../../../aws/operations.ts"
import { type BlobStore, DigestMismatch, isDigest, UploadRefused } from "../blobs/blob-store.ts"
import { fault, stored, unfit } from "../fault.ts"
import { authorizedRepository, type Found } from "../names.ts"
import { downloadUrl } from "../registry/download.ts"
import { imageKey, layers } from "../tables.ts"
import { claimLayer, putLayer } from "./put.ts"
import { newUpload, uploadNamed } from "./upload.ts"

/** What clients do that speak the API where others speak the registry's own protocol; both meet the same layers. */
export function layerOperations(blobs: BlobStore) {
  return {
    BatchCheckLayerAvailability(call, input) {
      const found = authorizedRepository(call, input)
      const digests = input.layerDigests!
      if (digests.length < 1 || digests.length > 100) throw unfit("layerDigests", "must have 1 to 100 members")
      const [known, unknown] = [digests.filter(isDigest), digests.filter((digest) => !isDigest(digest))]
      const shown = known.map((layerDigest): sdk.Layer => {
        const layer = claimLayer(found, layerDigest, call.now)
        if (layer === undefined) return { layerDigest, layerAvailability: "UNAVAILABLE" }
        return { layerDigest, layerAvailability: "AVAILABLE", layerSize: layer.bytes, mediaType: LAYER_TYPE }
      })
      const failures = unknown.map(
        (layerDigest): sdk.LayerFailure => ({
          layerDigest,
          failureCode: "InvalidLayerDigest",
          failureReason: "Invalid request parameters: layer digest should satisfy the regex 'sha256:[0-9a-f]{64}'",
        }),
      )
      return { layers: shown, failures }
    },

    GetDownloadUrlForLayer(call, input) {
      const found = authorizedRepository(call, input)
      const layerDigest = input.layerDigest!
      const layer = isDigest(layerDigest) ? claimLayer(found, layerDigest, call.now) : undefined
      if (layer === undefined) {
        const { home, repository } = found
        throw fault(
          "LayersNotFoundException",
          `Layers with digests '[${layerDigest}]' in the repository with name '${repository.name}' in the registry with id '${home.account}' do not exist`,
        )
      }
      return { downloadUrl: downloadUrl(call, layerDigest, layer.bytes), layerDigest }
    },

    InitiateLayerUpload(call, input) {
      const { repository } = authorizedRepository(call, input)
      const { id, name } = newUpload(call.keys, call.random, repository)
      blobs.begin(name)
      return { uploadId: id, partSize: PART_BYTES }
    },

    UploadLayerPart: flow(async (call, input) => {
      const { found, name } = await upload(call, input)
      const { partFirstByte, partLastByte, layerPartBlob, uploadId } = input
      if (partLastByte! - partFirstByte! + 1 !== layerPartBlob!.length) {
        throw invalidPart(found, uploadId!, (await stored(blobs.received(name))) ?? 0)
      }
      try {
        const received = await stored(blobs.append(name, partFirstByte!, asStream(layerPartBlob!)))
        return { ...where(found), uploadId: uploadId!, lastByteReceived: received - 1 }
      } catch (error) {
        if (!(error instanceof UploadRefused)) throw error
        throw error.reason === "gone" ? noUpload(uploadId!) : invalidPart(found, uploadId!, error.received)
      }
    }),

    CompleteLayerUpload: flow(async (call, input) => {
      const { found, name } = await upload(call, input)
      const [digest, ...others] = input.layerDigests!
      if (digest === undefined || !isDigest(digest) || others.some((other) => other !== digest)) {
        throw unfit("layerDigests", "must be one digest of SHA-256")
      }
      if ((await stored(blobs.received(name))) === 0) {
        throw fault("EmptyUploadException", "The upload has no parts. Upload them before completing it.")
      }
      using _ = blobs.hold(digest)
      const bytes = await finished(blobs, name, digest, input.uploadId!)
      await call.transact((inner) => {
        const now = authorizedRepository(inner, input)
        if (now.tx.get(layers, imageKey(now.repository.id, digest)) !== undefined) {
          throw fault(
            "LayerAlreadyExistsException",
            `Layer with digest '${digest}' already exists in the repository with name '${now.repository.name}' in the registry with id '${now.home.account}'`,
          )
        }
        putLayer(now, digest, bytes, inner.now)
      })
      return { ...where(found), uploadId: input.uploadId!, layerDigest: digest }
    }),
  } satisfies Operations<typeof sdk>
}

type UploadInput = Parameters<typeof authorizedRepository>[1] & { readonly uploadId: string | undefined }

async function upload(call: FlowCall, input: UploadInput): Promise<{ found: Found; name: string }> {
  const { found, name } = await call.transact((inner) => {
    const found = authorizedRepository(inner, input)
    return { found, name: uploadNamed(inner.keys, input.uploadId!, found.repository) }
  })
  if (name === undefined) throw noUpload(input.uploadId!)
  return { found, name }
}

async function finished(blobs: BlobStore, name: string, digest: string, uploadId: string): Promise<number> {
  try {
    return await stored(blobs.finish(name, digest))
  } catch (error) {
    if (error instanceof UploadRefused) throw noUpload(uploadId)
    if (!(error instanceof DigestMismatch)) throw error
    throw fault("InvalidLayerException", `The layer has the digest '${error.actual}' and not '${digest}'`)
  }
}

function noUpload(uploadId: string) {
  return fault("UploadNotFoundException", `Upload with id '${uploadId}' does not exist`)
}

function invalidPart(found: Found, uploadId: string, received: number) {
  const members = { ...where(found), uploadId, lastValidByteReceived: received - 1 }
  return fault("InvalidLayerPartException", `The next part of the layer begins at byte ${received}`, members)
}

function where({ home, repository }: Found) {
  return { registryId: home.account, repositoryName: repository.name }
}

const PART_BYTES = 10 * 2 ** 20
const LAYER_TYPE = "application/vnd.docker.image.rootfs.diff.tar.gzip"
