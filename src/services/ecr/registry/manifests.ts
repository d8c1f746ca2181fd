import type { HttpResponse } from "../../../aws/http.ts"
import { isDigest } from "../blobs/blob-store.ts"
import { digestOf } from "../blobs/digest.ts"
import { deleteImage, isListed } from "../image/delete.ts"
import { findImage, imageName, notePull } from "../image/find.ts"
import { readManifest, signedPart } from "../image/manifest.ts"
import { putImage } from "../image/put.ts"
import { isTag } from "../names.ts"
import { bringManifest } from "../pull-through/manifest.ts"
import { imageKey, imageTags, tagKey } from "../tables.ts"
import { gathered } from "./body.ts"
import { RegistryRefusal } from "./refusal.ts"
import { act, type Visit } from "./visit.ts"

export async function getManifest(visit: Visit, reference: string): Promise<HttpResponse> {
  const bringing = bringManifest(visit, reference)
  if (bringing !== undefined) await bringing
  const name = imageName(reference)
  const finding = act(visit, "BatchGetImage", (found, call) => {
    const image = findImage(found, name)
    if (image !== undefined && visit.request.method === "GET") notePull(found, image, call.now)
    return image
  })
  const image = finding instanceof Promise ? await finding : finding
  const { manifests } = visit.registry
  const blob = image?.manifestBlob ?? image?.digest
  // Where its file is lost, who pushes has to learn that it is not here.
  if (image === undefined || !(manifests.keeps(blob!) || (await visit.registry.blobs.has(blob!)))) throw imageUnknown()
  const headers = {
    "content-type": image.mediaType,
    "docker-content-digest": image.digest,
    etag: `"${image.digest}"`,
    ...(image.subject !== undefined && { "oci-subject": image.subject }),
  }
  if (visit.request.method === "HEAD") {
    return { status: 200, headers: { ...headers, "content-length": String(image.manifestBytes) }, body: "" }
  }
  if (visit.request.headers["if-none-match"]?.includes(image.digest)) return { status: 304, headers, body: "" }
  const reading = manifests.whole(blob!)
  return { status: 200, headers, body: reading instanceof Promise ? await reading : reading }
}

export async function putManifest(visit: Visit, reference: string): Promise<HttpResponse> {
  const { registry, request } = visit
  await act(visit, "PutImage", () => {})
  const { imageDigest, imageTag } = imageName(reference)
  if (imageTag !== undefined && !isTag(imageTag)) {
    throw new RegistryRefusal(400, "TAG_INVALID", `A tag cannot be '${imageTag}'.`)
  }
  const bytes = await gathered(request.body, MANIFEST_BYTES_MAX)
  const manifest = readManifest(bytes, request.headers["content-type"])
  const digest = digestOf(signedPart(bytes, manifest))
  if (imageDigest !== undefined && imageDigest !== digest) {
    throw new RegistryRefusal(400, "DIGEST_INVALID", `The manifest has the digest ${digest}.`)
  }
  const blob = digestOf(bytes)
  using _ = registry.blobs.hold(blob)
  await registry.blobs.put(blob, bytes)
  await act(visit, "PutImage", (found, { now }) =>
    putImage(found, { manifest, digest, blob, manifestBytes: bytes.length, tag: imageTag }, now),
  )
  return {
    status: 201,
    headers: {
      location: `${visit.base}/manifests/${digest}`,
      "docker-content-digest": digest,
      ...(manifest.subject !== undefined && { "oci-subject": manifest.subject }),
    },
    body: "",
  }
}

/** By its digest an image goes with all its tags; by a tag only the tag does, and the image with its last one. */
export async function deleteManifest(visit: Visit, reference: string): Promise<HttpResponse> {
  const name = imageName(reference)
  if (name.imageDigest !== undefined && !isDigest(name.imageDigest)) {
    throw new RegistryRefusal(400, "DIGEST_INVALID", `A digest cannot be '${reference}'.`)
  }
  await act(visit, "BatchDeleteImage", (found, { now }) => {
    const { tx, repository } = found
    const image = findImage(found, name)
    if (image === undefined) throw imageUnknown()
    if (name.imageTag !== undefined) tx.delete(imageTags, tagKey(repository.id, name.imageTag))
    const key = imageKey(repository.id, image.digest)
    if (name.imageTag !== undefined && (tx.some(imageTags, "image", key) || isListed(tx, image))) return
    if (isListed(tx, image)) {
      throw new RegistryRefusal(405, "UNSUPPORTED", "The image is listed by an index. Delete the index first.")
    }
    deleteImage(tx, image, now)
  })
  return { status: 202, headers: {}, body: "" }
}

function imageUnknown(): RegistryRefusal {
  return new RegistryRefusal(404, "MANIFEST_UNKNOWN", "Requested image not found")
}

/** AWS takes as much. */
export const MANIFEST_BYTES_MAX = 4 * 2 ** 20
