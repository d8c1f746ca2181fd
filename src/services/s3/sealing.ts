import { createCipheriv, createDecipheriv } from "node:crypto"
import type { Keys } from "../../aws/keys.ts"
import type { Random } from "../../world/world.ts"
import { objectKey, type StoredObject } from "./tables.ts"

type Place = Pick<StoredObject, "bucket" | "key">

/** Closes a content so that only this installation opens it, and only as the object that it is of. */
export function seal(keys: Keys, random: Random, place: Place, content: Uint8Array): string {
  const nonce = random.bytes(NONCE_BYTES)
  const cipher = createCipheriv("aes-256-gcm", keys.derive(PURPOSE), nonce).setAAD(nameOf(place))
  return Buffer.concat([nonce, cipher.update(content), cipher.final(), cipher.getAuthTag()]).toString("base64")
}

export function open(keys: Keys, object: Place & Pick<StoredObject, "sealed">): Buffer {
  const bytes = Buffer.from(object.sealed, "base64")
  const decipher = createDecipheriv("aes-256-gcm", keys.derive(PURPOSE), bytes.subarray(0, NONCE_BYTES))
    .setAAD(nameOf(object))
    .setAuthTag(bytes.subarray(-TAG_BYTES))
  return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
}

function nameOf({ bucket, key }: Place): Buffer {
  return Buffer.from(objectKey(bucket, key))
}

const PURPOSE = "s3-objects/v1"
const NONCE_BYTES = 12
const TAG_BYTES = 16
