import { createHash, timingSafeEqual } from "node:crypto"
import type { Tx } from "../../store/transaction.ts"
import { newHex } from "../../world/ids.ts"
import type { Random } from "../../world/world.ts"
import { createAccessKey } from "./access-key.ts"
import { type AccessKey, type JoinToken, joinTokens, type Place } from "./tables.ts"

/** A token that lets one machine take a place, once and soon. Its secret is told here and kept nowhere. */
export function createJoinToken(
  { anywhere }: Tx,
  place: Place,
  { now, msValid, random }: { readonly now: number; readonly msValid: number; readonly random: Random },
): { readonly token: JoinToken; readonly secret: string } {
  const secret = Buffer.from(random.bytes(32)).toString("base64url")
  const token: JoinToken = {
    id: newHex(random, 16),
    secretDigest: digestOf(secret),
    place,
    expiresAt: now + msValid,
    isUsed: false,
  }
  anywhere.installation.put(joinTokens, token)
  return { token, secret }
}

/** Takes the place that a token stands for, with a key for a machine in it; undefined for a token that is no good, or no more. */
export function redeemJoinToken(
  tx: Tx,
  { id, secret }: { readonly id: string; readonly secret: string },
  { now, random, only }: { readonly now: number; readonly random: Random; readonly only: readonly string[] },
): { readonly place: Place; readonly accessKey: AccessKey } | undefined {
  const { installation } = tx.anywhere
  const token = installation.get(joinTokens, id)
  if (token === undefined || token.isUsed || token.expiresAt <= now || !fits(token, secret)) return undefined
  installation.put(joinTokens, { ...token, isUsed: true })
  const { place } = token
  return { place, accessKey: createAccessKey(tx, { account: place.account, only, createdAt: now }, random) }
}

function fits({ secretDigest }: JoinToken, secret: string): boolean {
  return timingSafeEqual(Buffer.from(secretDigest, "hex"), Buffer.from(digestOf(secret), "hex"))
}

function digestOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex")
}
