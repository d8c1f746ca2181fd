import type { Fault } from "../../../aws/fault.ts"
import { fault } from "../fault.ts"
import type { Found, Home } from "../names.ts"
import { type Image, imageKey, images, imageTags, type Repository, tagKey } from "../tables.ts"

/** An image as callers name it: by its digest, by a tag, or by both, which then have to agree. */
export interface ImageName {
  readonly imageDigest?: string | undefined
  readonly imageTag?: string | undefined
}

export function findImage({ tx, repository }: Omit<Found, "home">, name: ImageName): Image | undefined {
  const { imageDigest, imageTag } = name
  const tagged = imageTag === undefined ? undefined : tx.get(imageTags, tagKey(repository.id, imageTag))?.digest
  const digest = imageDigest ?? tagged
  if (digest === undefined || (imageTag !== undefined && tagged !== digest)) return undefined
  return tx.get(images, imageKey(repository.id, digest))
}

/** A name as one text, as the registry's protocol has it. */
export function imageName(reference: string): ImageName {
  return reference.includes(":") ? { imageDigest: reference } : { imageTag: reference }
}

export function noImage({ account }: Home, { name }: Repository, { imageDigest, imageTag }: ImageName): Fault {
  const id = `{imageDigest:'${imageDigest ?? "null"}', imageTag:'${imageTag ?? "null"}'}`
  return fault(
    "ImageNotFoundException",
    `The image with imageId ${id} does not exist within the repository with name '${name}' in the registry with id '${account}'`,
  )
}

/** Writes down, once a day at most, that an image is in use; that is as exact as AWS is. */
export function notePull({ tx }: Pick<Found, "tx">, image: Image, now: number): void {
  if (now - (image.pulledAt ?? 0) >= DAY_MS) tx.put(images, { ...image, pulledAt: now })
}

const DAY_MS = 24 * 60 * 60 * 1000
