import { createHmac } from "node:crypto"
import { secretsOf } from "./credentials.ts"

/** What an installation keeps secret, as far as a service needs it. All of it follows from the master key, which nobody is handed. */
export interface Keys {
  /** 32 bytes for one purpose, as in `kms/v1`, from which the master key cannot be found; the same on every replica and for ever. */
  derive(purpose: string): Uint8Array

  /** Of a long-lived access key, or one of a session. */
  secretOf(accessKeyId: string): string
}

export function keysOf(masterKey: Uint8Array): Keys {
  const derived = new Map<string, Uint8Array>()
  return {
    secretOf: secretsOf(masterKey),
    derive(purpose) {
      let key = derived.get(purpose)
      if (key === undefined) {
        key = createHmac("sha256", masterKey).update(`homeport/${purpose}`).digest()
        derived.set(purpose, key)
      }
      return key
    },
  }
}
