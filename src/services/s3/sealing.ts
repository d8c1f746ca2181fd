import { hash } from "node:crypto"
import type { Keys } from "../../aws/keys.ts"
import { assert } from "../../base/assert.ts"
import type { Random } from "../../world/world.ts"
import { open, seal } from "../kms/index.ts"
import { objectKey, type StoredObject } from "./tables.ts"

type Place = Pick<StoredObject, "bucket" | "key">

/** Closes a content so that only this installation opens it, and only as the object that it is of. */
export function sealContent(
  keys: Keys,
  random: Random,
  place: Place,
  content: Uint8Array,
): Pick<StoredObject, "sealed" | "digest" | "size"> {
  const key = keys.derive(PURPOSE)
  const close = (part: Part, bytes: Uint8Array) => seal(key, bytes, aboutOf(place, part), random).toString("base64")
  return {
    sealed: close("content", content),
    digest: close("digest", hash("md5", content, "buffer")),
    size: content.length,
  }
}

export function contentOf(keys: Keys, object: StoredObject): Buffer {
  return opened(keys, object, "content", object.sealed)
}

/** As S3 makes it, of the content's MD5. */
export function entityTag(keys: Keys, object: StoredObject): string {
  return `"${opened(keys, object, "digest", object.digest).toString("hex")}"`
}

type Part = "content" | "digest"

function opened(keys: Keys, place: Place, part: Part, sealed: string): Buffer {
  const bytes = open(keys.derive(PURPOSE), Buffer.from(sealed, "base64"), aboutOf(place, part))
  assert(bytes, `an object of the bucket ${place.bucket} does not open under this installation's master key`)
  return bytes
}

function aboutOf({ bucket, key }: Place, part: Part): string {
  return `${part} ${objectKey(bucket, key)}`
}

const PURPOSE = "s3-objects/v1"
