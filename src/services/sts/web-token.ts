import { createPublicKey, type KeyObject, verify } from "node:crypto"
import { fault } from "./fault.ts"
import type { IssuerKey } from "./issuer-keys.ts"

/** A JSON web token (RFC 7519), taken apart; nothing that it says is proven yet. */
export interface WebToken {
  readonly algorithm: Algorithm
  readonly keyId: string | undefined

  /** What the signature is over. */
  readonly signed: string
  readonly signature: Uint8Array
  readonly claims: WebClaims
}

export interface WebClaims {
  /** The issuer's URL without its scheme. */
  readonly issuer: string
  readonly subject: string
  readonly audiences: readonly string[]

  /** For whom it was made, where it is meant for several. */
  readonly authorizedParty: string | undefined
  readonly expiresAt: number
  readonly notBefore: number
}

type Algorithm = "RS256" | "ES256"

/** What the clocks of an issuer and of ours may be apart. */
const SKEW_MS = 5 * 60 * 1000

export function readWebToken(text: string): WebToken {
  const [head, body, signature, ...more] = text.split(".")
  const header = head === undefined ? undefined : decoded(head)
  const claims = body === undefined ? undefined : decoded(body)
  if (header === undefined || claims === undefined || !signature || more.length > 0) throw notAToken()
  const { alg, kid, crit } = header
  if ((alg !== "RS256" && alg !== "ES256") || crit !== undefined) {
    throw fault("InvalidIdentityTokenException", "Homeport verifies tokens that are signed with RS256 or ES256 only.")
  }
  return {
    algorithm: alg,
    keyId: typeof kid === "string" ? kid : undefined,
    signed: `${head}.${body}`,
    signature: Buffer.from(signature, "base64url"),
    claims: readClaims(claims),
  }
}

/** Throws unless one of the issuer's keys made the signature and the token counts now. */
export function verifyWebToken(token: WebToken, keys: readonly IssuerKey[], now: number): void {
  const { algorithm, keyId, signed, signature, claims } = token
  const candidates = keys.filter(
    ({ kid, use, alg }) =>
      (keyId === undefined || kid === keyId) && (use ?? "sig") === "sig" && (alg ?? algorithm) === algorithm,
  )
  const bytes = Buffer.from(signed)
  const isProven = candidates.some((candidate) => {
    const key = publicKey(candidate, algorithm)
    return key !== undefined && verify("sha256", bytes, { key, dsaEncoding: "ieee-p1363" }, signature)
  })
  if (!isProven) {
    throw fault(
      "InvalidIdentityTokenException",
      "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements",
    )
  }
  if (claims.expiresAt <= now) {
    throw fault(
      "ExpiredTokenException",
      `Token expired: current date/time ${Math.floor(now / 1000)} must be before the expiration date/time ${Math.floor(claims.expiresAt / 1000)}`,
    )
  }
  if (claims.notBefore > now + SKEW_MS) throw fault("InvalidIdentityTokenException", "The ID Token is not valid yet.")
}

function readClaims(claims: Readonly<Record<string, unknown>>): WebClaims {
  const { iss, sub, aud, azp, exp, nbf, iat } = claims
  const audiences = typeof aud === "string" ? [aud] : aud
  const isWhole =
    typeof iss === "string" &&
    typeof sub === "string" &&
    sub !== "" &&
    Array.isArray(audiences) &&
    audiences.every((audience) => typeof audience === "string") &&
    typeof exp === "number" &&
    typeof iat === "number"
  if (!isWhole) throw fault("InvalidIdentityTokenException", "Missing a required claim: iss, sub, aud, exp and iat.")
  const own = Object.keys(claims).find((name) => name.startsWith("https://aws.amazon.com/"))
  if (own !== undefined) {
    throw fault(
      "InvalidIdentityTokenException",
      `Homeport does not take the claim ${own} yet. Leave it out of the token.`,
    )
  }
  return {
    issuer: iss.replace(/^https:\/\//, "").replace(/\/$/, ""),
    subject: sub,
    audiences,
    authorizedParty: typeof azp === "string" ? azp : undefined,
    expiresAt: exp * 1000,
    notBefore: (typeof nbf === "number" ? nbf : iat) * 1000,
  }
}

/** A key is used for the algorithm that it is made for, and never read as one for another. */
function publicKey(jwk: IssuerKey, algorithm: Algorithm): KeyObject | undefined {
  if (jwk.kty !== (algorithm === "RS256" ? "RSA" : "EC")) return undefined
  try {
    const { kty, n, e, crv, x, y } = jwk
    const key = createPublicKey({ key: { kty, n, e, crv, x, y } as object, format: "jwk" })
    const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {}
    return (algorithm === "RS256" ? modulusLength >= 2048 : namedCurve === "prime256v1") ? key : undefined
  } catch {
    return undefined
  }
}

function decoded(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString())
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function notAToken() {
  return fault(
    "InvalidIdentityTokenException",
    "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
  )
}
