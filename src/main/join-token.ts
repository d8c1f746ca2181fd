import { createHash, X509Certificate } from "node:crypto"

/** What a person carries from the region to a machine that is to join: one word. */
export interface JoinWord {
  readonly id: string
  readonly secret: string

  /** Of the authority that the region's certificate comes from; without one the connection is not secured. */
  readonly caFingerprint?: string
}

export function writeJoinWord({ id, secret, caFingerprint = "" }: JoinWord): string {
  return [id, secret, caFingerprint].join(".")
}

/** Undefined for a word that was never one of ours. */
export function readJoinWord(word: string): JoinWord | undefined {
  const match = /^([0-9a-f]{16})\.([\w-]{43})\.([0-9a-f]{64})?$/.exec(word.trim())
  if (match === null) return undefined
  const [, id, secret, caFingerprint] = match
  return { id: id!, secret: secret!, ...(caFingerprint === undefined ? {} : { caFingerprint }) }
}

export function fingerprintOf(certificate: string): string {
  return createHash("sha256").update(new X509Certificate(certificate).raw).digest("hex")
}
