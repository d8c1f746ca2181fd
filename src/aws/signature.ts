import { hash } from "node:crypto"
import { assert } from "../base/assert.ts"
import { canonicalRequest } from "./canonical-request.ts"
import type { Body, Headers, HttpRequest } from "./http.ts"
import { ALGORITHM, readClaim, type SignatureClaim } from "./signature-claim.ts"
import { type Refuse, refusalsOf, type SignatureFamily } from "./signature-faults.ts"
import { checkWindow } from "./signature-window.ts"
import { CHUNKED_KINDS, ChunkChain, decodeChunks, isChunked, verifyingContent } from "./signed-body.ts"
import { isSameSignature, type SigningKeys, sign } from "./signing-key.ts"

export { type CredentialScope, credentialScope } from "./signature-claim.ts"
export { SigningKeys } from "./signing-key.ts"

export interface VerifyOptions<Principal> {
  readonly now: number

  /** Whose words failures are told in; S3 also signs paths and bodies in its own way. */
  readonly family: SignatureFamily
  readonly findKey: FindKey<Principal>
  readonly signingKeys: SigningKeys

  /** What the scope must name, where the caller knows; any region is fine otherwise, as regions are namespaces. */
  readonly region?: string
  readonly service?: string

  /** Whether the operation takes its body as a stream, whole though it may have arrived; only then may it come in chunks. */
  readonly takesStream?: boolean
}

/** The secret behind an access key id. A session's token must belong to the key, and `"expired"` says that it no longer counts. */
export type FindKey<Principal> = (
  accessKeyId: string,
  sessionToken: string | undefined,
) => { readonly secret: string; readonly principal: Principal } | "expired" | undefined

/** What a signature proves. */
export interface SignedRequest<Principal> {
  readonly principal: Principal
  readonly region: string
  readonly service: string

  /**
   * The body without the frame it was signed in. Where it is a stream it is proven only when its end has come: until
   * then nothing may be done with it that could not be taken back.
   */
  readonly body: Body

  /** What came after a body in chunks; filled in by the time the body has ended. */
  readonly trailers?: Headers
  readonly accessKeyId?: string
  readonly sessionToken?: string | undefined
}

/**
 * Verifies AWS Signature Version 4, in the Authorization header or presigned. Throws the fault that the service family
 * has for what is wrong. `body` is that of the request, or what has been collected of it.
 */
export function verifySignature<Principal>(
  request: HttpRequest,
  body: Body,
  options: VerifyOptions<Principal>,
): SignedRequest<Principal> {
  const refuse = refusals[options.family]
  const claim = readClaim(request, refuse)
  checkScope(claim, options, refuse)
  checkSignedHeaders(request.headers, claim, refuse)
  checkWindow(claim, options.now, refuse)

  const { accessKeyId, region, service, sessionToken, signedHeaders } = claim
  const found = options.findKey(accessKeyId, sessionToken)
  if (found === undefined) throw refuse("unknownKey")
  if (found === "expired") throw refuse("expiredToken")

  const contentHash = signedContentHash(body, claim, options, refuse)
  const canonical = canonicalRequest(request, { signedHeaders, contentHash, isObjectStore: options.family === "s3" })
  if (canonical === undefined) throw refuse("mismatch")

  const scope = claim.credential.slice(accessKeyId.length + 1)
  const key = options.signingKeys.of(claim.credential, found.secret)
  const signature = sign(key, `${ALGORITHM}\n${claim.timestamp}\n${scope}\n${hash("sha256", canonical)}`)
  if (!isSameSignature(signature, claim.signature)) throw refuse("mismatch")

  const signed = { principal: found.principal, region, service, accessKeyId, sessionToken }
  if (contentHash === UNSIGNED || claim.contentHash === undefined) return { ...signed, body }
  if (isChunked(contentHash)) {
    const chain = new ChunkChain(key, claim.timestamp, scope, signature)
    return { ...signed, ...decodeChunks(contentHash, request.headers, body, { chain, refuse }) }
  }
  if (!(body instanceof Uint8Array)) return { ...signed, body: verifyingContent(body, contentHash, refuse) }
  if (hashOf(body) !== contentHash) throw refuse("contentMismatch")
  return { ...signed, body }
}

/** The body that an operation takes as a stream, out of its chunks, where any credentials will do: nothing is verified. */
export function unverifiedStream({ headers }: HttpRequest, body: Body, family: SignatureFamily): Body {
  const kind = headers["x-amz-content-sha256"]
  return isChunked(kind) ? decodeChunks(kind, headers, body, { refuse: refusals[family] }).body : body
}

/** Whether the signature stands on a hash that the request does not name, so that its body must have arrived whole. */
export function needsWholeBody(request: HttpRequest, family: SignatureFamily): boolean {
  return family !== "s3" && request.headers["x-amz-content-sha256"] === undefined
}

const refusals: Readonly<Record<SignatureFamily, Refuse>> = {
  json: refusalsOf("json"),
  restJson: refusalsOf("restJson"),
  query: refusalsOf("query"),
  ec2: refusalsOf("ec2"),
  s3: refusalsOf("s3"),
}

const UNSIGNED = "UNSIGNED-PAYLOAD"
const HASH_OF_NOTHING = hash("sha256", "")

function checkScope(
  { date, timestamp, region, service }: SignatureClaim,
  expected: { readonly region?: string; readonly service?: string },
  refuse: Refuse,
): void {
  const day = timestamp.slice(0, 8)
  if (date !== day) {
    const sentence = "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP"
    throw refuse("wrongScope", `${sentence}: '${date}' != '${day}', from '${timestamp}'.`)
  }
  if (!isName(region) || (expected.region !== undefined && region !== expected.region)) {
    throw refuse("wrongScope", `Credential should be scoped to a valid region, not '${region}'.`)
  }
  if (!isName(service) || (expected.service !== undefined && service !== expected.service)) {
    const sentence = "Credential should be scoped to correct service"
    throw refuse("wrongScope", expected.service === undefined ? `${sentence}.` : `${sentence}: '${expected.service}'.`)
  }
}

/** Regions and services become names of ours, so they hold what AWS's hold: lower-case letters, digits and hyphens. */
function isName(text: string): boolean {
  if (text.length > 64) return false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    const letter = code >= 0x61 && code <= 0x7a
    const digit = code >= 0x30 && code <= 0x39
    if (!letter && !digit && code !== 0x2d) return false
  }
  return true
}

/** What decides where a request goes and what it means must be under the signature: the host, its date and all of AWS's own headers. */
function checkSignedHeaders(headers: Headers, claim: SignatureClaim, refuse: Refuse): void {
  const names = claim.signedHeaders
  if (!names.includes("host")) {
    throw refuse("headerNotSigned", "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
  }
  if (claim.timestampHeader === "date" && !names.includes("date")) {
    throw refuse("headerNotSigned", "'Date' must be a 'SignedHeader' in the AWS Authorization.")
  }
  for (const name in headers) {
    if (name.startsWith("x-amz-") && headers[name] !== undefined && !names.includes(name)) {
      throw refuse("headerNotSigned", `'${name}' must be a 'SignedHeader' in the AWS Authorization.`)
    }
  }
}

/** What stands for the body in the canonical request. Whether the body is that is checked once the signature is. */
function signedContentHash(
  body: Body,
  { contentHash, presigned }: SignatureClaim,
  { family, takesStream = false }: { readonly family: SignatureFamily; readonly takesStream?: boolean },
  refuse: Refuse,
): string {
  if (contentHash === undefined) {
    if (family === "s3" && presigned) return UNSIGNED
    if (family === "s3") throw refuse("contentKind", "Missing required header for this request: x-amz-content-sha256")
    assert(body instanceof Uint8Array, "a body whose hash the request does not name is collected before it is verified")
    return hashOf(body)
  }
  if (contentHash === UNSIGNED || isHash(contentHash)) return contentHash
  if (!isChunked(contentHash)) {
    const kinds = ["UNSIGNED-PAYLOAD", ...CHUNKED_KINDS].join(", ")
    throw refuse("contentKind", `x-amz-content-sha256 must be ${kinds} or a valid sha256 value.`)
  }
  // Chunks are for bodies that need not fit in memory. An operation that takes its input whole has no use for them.
  if (takesStream) return contentHash
  throw refuse("contentKind", `x-amz-content-sha256 must not be ${contentHash} for an operation that streams nothing.`)
}

function hashOf(body: Uint8Array): string {
  return body.length === 0 ? HASH_OF_NOTHING : hash("sha256", body)
}

function isHash(text: string): boolean {
  if (text.length !== 64) return false
  for (let i = 0; i < 64; i++) {
    const code = text.charCodeAt(i)
    if (!((code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66))) return false
  }
  return true
}
