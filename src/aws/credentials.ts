import { createHmac } from "node:crypto"
import type { Random } from "../world/world.ts"

/**
 * Secrets are derived from the installation's master key and the access key id, never stored: no copy of the journal
 * gives anyone the right to act.
 */
export function secretOf(masterKey: Uint8Array, accessKeyId: string): string {
  // Base64 of thirty bytes is forty characters without padding, in the alphabet of AWS's own secrets.
  const derived = createHmac("sha256", masterKey).update(`homeport/secret-access-key/v1\0${accessKeyId}`).digest()
  return derived.subarray(0, 30).toString("base64")
}

/** The same for one that is asked again and again: what it has worked out of late it still knows. */
export function secretsOf(masterKey: Uint8Array): (accessKeyId: string) => string {
  const known = new Map<string, string>()
  return (accessKeyId) => {
    const kept = known.get(accessKeyId)
    if (kept !== undefined) return kept
    const secret = secretOf(masterKey, accessKeyId)
    if (known.size >= SECRETS_KEPT_MAX) known.clear()
    known.set(accessKeyId, secret)
    return secret
  }
}

const SECRETS_KEPT_MAX = 4096

/** A long-lived key begins with AKIA, that of a session with ASIA, as on AWS: tools tell them apart by it. */
export function newAccessKeyId(random: Random, kind: "AKIA" | "ASIA" = "AKIA"): string {
  let id: string = kind
  for (const byte of random.bytes(16)) id += ALPHABET[byte % ALPHABET.length]
  return id
}

/** 32 characters, so that every one of them is as likely as the others. */
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
