import { createCipheriv, createDecipheriv } from "node:crypto"
import type { Random } from "../../world/world.ts"

/**
 * Makes texts that a caller can only give back: what they say is in them, unreadable and unchangeable, so nothing is
 * kept, and restarts do not matter.
 */
export function seal(key: Uint8Array, random: Random, content: object): string {
  const nonce = random.bytes(NONCE_BYTES)
  const cipher = createCipheriv("aes-256-gcm", key, nonce)
  const sealed = Buffer.concat([cipher.update(JSON.stringify(content)), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64url")
}

/** Undefined for what was not sealed with this key. */
export function unseal<T extends object>(key: Uint8Array, text: string): T | undefined {
  if (text.length > LENGTH_MAX) return undefined
  const bytes = Buffer.from(text, "base64url")
  // Decoding passes over what is not base64; a token has one spelling only.
  if (bytes.length < NONCE_BYTES + TAG_BYTES || bytes.toString("base64url") !== text) return undefined
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
  try {
    const content = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()])
    return JSON.parse(content.toString("utf8"))
  } catch {
    return undefined
  }
}

const NONCE_BYTES = 12
const TAG_BYTES = 16
const LENGTH_MAX = 32 * 1024
