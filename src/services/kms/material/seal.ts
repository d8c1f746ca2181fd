import { createCipheriv, createDecipheriv, createHmac } from "node:crypto"
import type { Random } from "../../../world/world.ts"

/**
 * AES-256-GCM. Each message has a key of its own, which follows from a salt that is drawn for it: however many are
 * sealed under one key, no pair of key and nonce ever comes again. What it is `about` is not in it, but must be the same to open it.
 */
export function seal(key: Uint8Array, plain: Uint8Array, about: string, random: Random): Buffer {
  const salt = random.bytes(SALT_BYTES)
  const cipher = createCipheriv("aes-256-gcm", messageKey(key, salt), salt.subarray(NONCE_AT))
  cipher.setAAD(Buffer.from(about))
  return Buffer.concat([salt, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** Undefined for what was not sealed under this key, or about something else. */
export function open(key: Uint8Array, sealed: Uint8Array, about: string): Buffer | undefined {
  if (sealed.length < SALT_BYTES + TAG_BYTES) return undefined
  const salt = sealed.subarray(0, SALT_BYTES)
  const decipher = createDecipheriv("aes-256-gcm", messageKey(key, salt), salt.subarray(NONCE_AT), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAAD(Buffer.from(about))
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES))
  const plain = decipher.update(sealed.subarray(SALT_BYTES, sealed.length - TAG_BYTES))
  try {
    return Buffer.concat([plain, decipher.final()])
  } catch {
    return undefined
  }
}

function messageKey(key: Uint8Array, salt: Uint8Array): Uint8Array {
  return createHmac("sha256", key).update("homeport/message/v1").update(salt.subarray(0, NONCE_AT)).digest()
}

const NONCE_AT = 16
const SALT_BYTES = NONCE_AT + 12
const TAG_BYTES = 16
