import { fault } from "../fault.ts"
import type { Found } from "../names.ts"
import { type Image, imageKey, images, imageTags, layers, tagKey } from "../tables.ts"
import type { Manifest } from "./manifest.ts"
import { mayMove } from "./mutability.ts"

export interface NewImage {
  readonly manifest: Manifest
  readonly digest: string
  readonly manifestBytes: number

  /** Under which the manifest lies. */
  readonly blob: string

  /** Undefined for one that is pushed by its digest alone. */
  readonly tag: string | undefined
}

/**
 * Takes an image into a repository, with its tag. Everything that it consists of must be there. Resolves to whether
 * anything is different now; what was there already stays as it is.
 */
export function putImage({ home, tx, repository }: Found, image: NewImage, now: number): boolean {
  const { manifest, digest, tag } = image
  const key = imageKey(repository.id, digest)
  const existing = tx.get(images, key)
  const tagged = tag === undefined ? undefined : tx.get(imageTags, tagKey(repository.id, tag))
  if (existing !== undefined && (tag === undefined || tagged?.digest === digest)) return false
  if (tagged !== undefined && !mayMove(repository, tag!)) {
    throw fault(
      "ImageTagAlreadyExistsException",
      `The image tag '${tag}' already exists in the '${repository.name}' repository and cannot be overwritten because the tag is immutable.`,
    )
  }
  if (existing === undefined) {
    mustHave({ home, tx, repository }, manifest)
    for (const layer of manifest.layers) settle({ home, tx, repository }, layer.digest)
    tx.put(images, recordOf({ home, tx, repository }, image, now))
  }
  if (tag !== undefined) {
    mustHaveRoomForTag({ home, tx, repository }, digest)
    tx.put(imageTags, { repositoryId: repository.id, tag, digest })
  }
  return true
}

function recordOf({ tx, repository }: Found, { manifest, digest, manifestBytes, blob }: NewImage, now: number): Image {
  const parts = manifest.layers.map((layer) => tx.mustGet(layers, imageKey(repository.id, layer.digest)).bytes)
  const children = manifest.children.map((child) => tx.mustGet(images, imageKey(repository.id, child.digest)).bytes)
  return {
    repositoryId: repository.id,
    digest,
    mediaType: manifest.mediaType,
    ...(manifest.artifactType !== undefined && { artifactType: manifest.artifactType }),
    manifestBytes,
    ...(blob !== digest && { manifestBlob: blob }),
    bytes: [...parts, ...children].reduce((sum, bytes) => sum + bytes, manifestBytes),
    layers: [...new Set(manifest.layers.map((layer) => layer.digest))],
    children: [...new Set(manifest.children.map((child) => child.digest))],
    ...(manifest.subject !== undefined && { subject: manifest.subject }),
    ...(manifest.annotations !== undefined && { annotations: manifest.annotations }),
    pushedAt: now,
  }
}

/** A size that a manifest gets wrong would have others wait for bytes that never come. */
function mustHave({ home, tx, repository }: Found, { layers: parts, children }: Manifest): void {
  const where = `pushing image into repository with name '${repository.name}' in the registry with id '${home.account}'`
  const missing = parts.filter(({ digest, size }) => {
    const layer = tx.get(layers, imageKey(repository.id, digest))
    return layer === undefined || (size !== -1 && layer.bytes !== size)
  })
  if (missing.length > 0) {
    const digests = missing.map(({ digest }) => digest).join(", ")
    throw fault("LayersNotFoundException", `Layers with digests '[${digests}]' required for ${where} do not exist`)
  }
  const absent = children.filter(({ digest, size }) => {
    const child = tx.get(images, imageKey(repository.id, digest))
    return child === undefined || child.manifestBytes !== size
  })
  if (absent.length > 0) {
    const digests = absent.map(({ digest }) => digest).join(", ")
    throw fault(
      "ReferencedImagesNotFoundException",
      `Images with digests '[${digests}]' required for ${where} do not exist`,
    )
  }
}

/** A layer that an image holds stays as long as the image. */
function settle({ tx, repository }: Found, digest: string): void {
  const { keptUntil, ...layer } = tx.mustGet(layers, imageKey(repository.id, digest))
  if (keptUntil !== undefined) tx.put(layers, layer)
}

function mustHaveRoomForTag({ tx, repository }: Found, digest: string): void {
  if (tx.count(imageTags, "image", imageKey(repository.id, digest)) < TAGS_MAX) return
  throw fault("LimitExceededException", `An image has at most ${TAGS_MAX} tags.`)
}

const TAGS_MAX = 1_000
