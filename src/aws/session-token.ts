import { createCipheriv, createDecipheriv, createHmac } from "node:crypto"
import { deflateRawSync, inflateRawSync } from "node:zlib"
import type { Random } from "../world/world.ts"

/** Makes tokens that say all about a session themselves: nothing is kept, and restarts do not matter. */
export interface SessionTokens {
  /** A token for one access key; nobody can read it or change it, and beside another key it is no good. */
  seal(accessKeyId: string, packed: Uint8Array, random: Random): string

  /** What was sealed; undefined for a token that was not made here, or not for this key. */
  open(accessKeyId: string, token: string): Uint8Array | undefined
}

const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Longer than any that is made, and short enough for a header. */
const TOKEN_LENGTH_MAX = 12_288

export function sessionTokens(key: Uint8Array): SessionTokens {
  /** Each access key has a key of its own here, so no two sessions ever share a nonce. */
  const keyFor = (accessKeyId: string) => createHmac("sha256", key).update(accessKeyId).digest()

  return {
    seal(accessKeyId, packed, random) {
      const nonce = random.bytes(NONCE_BYTES)
      const cipher = createCipheriv("aes-256-gcm", keyFor(accessKeyId), nonce)
      const sealed = [cipher.update(packed), cipher.final()]
      return Buffer.concat([nonce, ...sealed, cipher.getAuthTag()]).toString("base64")
    },

    open(accessKeyId, token) {
      if (token.length > TOKEN_LENGTH_MAX) return undefined
      const bytes = Buffer.from(token, "base64")
      // Decoding passes over what is not base64; a token has one spelling only.
      if (bytes.length < NONCE_BYTES + TAG_BYTES || bytes.toString("base64") !== token) return undefined
      const nonce = bytes.subarray(0, NONCE_BYTES)
      const decipher = createDecipheriv("aes-256-gcm", keyFor(accessKeyId), nonce, { authTagLength: TAG_BYTES })
      decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES))
      const packed = decipher.update(bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES))
      try {
        decipher.final()
      } catch {
        return undefined
      }
      return packed
    },
  }
}

/** The shorter form in which a record travels in a token. */
export function pack(record: object): Uint8Array {
  return deflateRawSync(JSON.stringify(record))
}

/** Only for what was packed here, as what comes out may be far longer than what goes in. */
export function unpack(packed: Uint8Array): unknown {
  return JSON.parse(inflateRawSync(packed).toString())
}
