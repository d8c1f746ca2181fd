import type { HttpRequest } from "./http.ts"
import type { Refuse } from "./signature-faults.ts"

/** What a request says about its own signature, in its headers or, presigned, in its query. None of it is proven yet. */
export interface SignatureClaim extends CredentialScope {
  readonly presigned: boolean

  /** Access key id and scope as sent: `AKIA…/20260101/us-east-1/ecs/aws4_request`. */
  readonly credential: string

  /** The day that the scope names, as in `20260101`. */
  readonly date: string

  readonly signedHeaders: readonly string[]
  readonly signature: string

  /** When it says it was signed, as in `20260101T000000Z`, and the same as milliseconds since 1970. */
  readonly timestamp: string
  readonly signedAt: number

  /** The header that said so; undefined when it was the query. */
  readonly timestampHeader: "x-amz-date" | "date" | undefined

  /** How long a presigned request may be used. */
  readonly validSeconds: number | undefined
  readonly sessionToken: string | undefined

  /** What stands for the body under the signature, when the request names it. */
  readonly contentHash: string | undefined
}

export interface CredentialScope {
  readonly accessKeyId: string
  readonly region: string
  readonly service: string
}

export const ALGORITHM = "AWS4-HMAC-SHA256"
const VALID_SECONDS_MAX = 604_800

/**
 * Reads whom and what the request claims to be for, without verifying any of it: enough to find the service before
 * the body has arrived. Undefined when the request claims nothing that could be read.
 */
export function credentialScope({ headers, query }: HttpRequest): CredentialScope | undefined {
  const { authorization } = headers
  const credential =
    authorization !== undefined ? fieldsOf(authorization)?.Credential : presignedParameters(query)?.["x-amz-credential"]
  if (credential === undefined) return undefined
  const [accessKeyId, , region, service, terminator] = credential.split("/")
  if (!accessKeyId || !region || !service || terminator !== "aws4_request") return undefined
  return { accessKeyId, region, service }
}

export function readClaim(request: HttpRequest, refuse: Refuse): SignatureClaim {
  if (request.headers.authorization !== undefined) return headerClaim(request, request.headers.authorization, refuse)
  const parameters = presignedParameters(request.query)
  if (parameters === undefined) throw refuse("missing")
  return presignedClaim(request, parameters, refuse)
}

function headerClaim({ headers }: HttpRequest, authorization: string, refuse: Refuse): SignatureClaim {
  const fields = fieldsOf(authorization)
  if (fields === undefined) throw refuse("incompleteHeader", unsupported(schemeOf(authorization)))

  const { Credential, SignedHeaders, Signature } = fields
  const timestampHeader = headers["x-amz-date"] !== undefined ? "x-amz-date" : "date"
  const sentTimestamp = headers[timestampHeader]
  if (!Credential || !SignedHeaders || !Signature || !sentTimestamp) {
    const missing = []
    if (!Credential) missing.push("Authorization header requires 'Credential' parameter.")
    if (!Signature) missing.push("Authorization header requires 'Signature' parameter.")
    if (!SignedHeaders) missing.push("Authorization header requires 'SignedHeaders' parameter.")
    if (!sentTimestamp) {
      missing.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    }
    throw refuse("incompleteHeader", missing.join(" "))
  }

  const [timestamp, signedAt] = readTimestamp(sentTimestamp)
  if (Number.isNaN(signedAt)) throw refuse("incompleteHeader", notBasicFormat(sentTimestamp))
  return {
    ...readCredential(Credential, (sentence) => refuse("incompleteHeader", sentence)),
    presigned: false,
    signedHeaders: SignedHeaders.split(";"),
    signature: Signature,
    timestamp,
    signedAt,
    timestampHeader,
    validSeconds: undefined,
    sessionToken: headers["x-amz-security-token"],
    contentHash: headers["x-amz-content-sha256"],
  }
}

function presignedClaim({ headers }: HttpRequest, parameters: Parameters, refuse: Refuse): SignatureClaim {
  const required = (name: string): string => {
    const value = parameters[name.toLowerCase()]
    if (value) return value
    const sentence = `AWS query-string parameters must include '${name}'. Re-examine the query-string parameters.`
    throw refuse("incompleteQuery", sentence)
  }
  const algorithm = required("X-Amz-Algorithm")
  if (algorithm !== ALGORITHM) throw refuse("incompleteQuery", unsupported(algorithm))
  const credential = required("X-Amz-Credential")
  const sentTimestamp = required("X-Amz-Date")
  const signedHeaders = required("X-Amz-SignedHeaders")
  const signature = required("X-Amz-Signature")
  const validSeconds = wholeNumber(required("X-Amz-Expires"))
  if (validSeconds === undefined) throw refuse("incompleteQuery", "X-Amz-Expires should be a number")
  if (validSeconds > VALID_SECONDS_MAX) {
    throw refuse("incompleteQuery", `X-Amz-Expires must be less than a week (in seconds) that is ${VALID_SECONDS_MAX}`)
  }

  // The query has only one form of date; what `Date` may say in a header is not for here.
  const signedAt = parseBasic(sentTimestamp)
  if (Number.isNaN(signedAt)) throw refuse("incompleteQuery", notBasicFormat(sentTimestamp))
  return {
    ...readCredential(credential, (sentence) => refuse("incompleteQuery", sentence)),
    presigned: true,
    signedHeaders: signedHeaders.split(";"),
    signature,
    timestamp: sentTimestamp,
    signedAt,
    timestampHeader: undefined,
    validSeconds,
    sessionToken: parameters["x-amz-security-token"] ?? headers["x-amz-security-token"],
    contentHash: parameters["x-amz-content-sha256"] ?? headers["x-amz-content-sha256"],
  }
}

type Fields = { Credential?: string; SignedHeaders?: string; Signature?: string }

/** The fields of an Authorization header; undefined for any scheme but ours. */
function fieldsOf(authorization: string): Fields | undefined {
  if (schemeOf(authorization) !== ALGORITHM) return undefined
  const fields: Fields = {}
  for (const field of authorization.slice(ALGORITHM.length).split(",")) {
    const equals = field.indexOf("=")
    if (equals < 0) continue
    const name = field.slice(0, equals).trim()
    if (name === "Credential" || name === "SignedHeaders" || name === "Signature") {
      fields[name] = field.slice(equals + 1).trim()
    }
  }
  return fields
}

function schemeOf(authorization: string): string {
  const end = authorization.indexOf(" ")
  return end < 0 ? authorization : authorization.slice(0, end)
}

type Parameters = Readonly<Record<string, string | undefined>>

/**
 * The `X-Amz-…` parameters of a query by their names in lower case, as some clients move whole headers in there.
 * Undefined when none of them is part of a signature. Of repeated ones none counts: which was meant cannot be told.
 */
function presignedParameters(query: string): Parameters | undefined {
  if (!query.includes("X-Amz-")) return undefined
  const parameters: Record<string, string | undefined> = Object.create(null)
  let signed = false
  for (const pair of query.split("&")) {
    const equals = pair.indexOf("=")
    if (equals < 0) continue
    const name = pair.slice(0, equals).toLowerCase()
    if (!name.startsWith("x-amz-")) continue
    signed ||= name === "x-amz-algorithm" || name === "x-amz-credential" || name === "x-amz-signature"
    parameters[name] = name in parameters ? undefined : decoded(pair.slice(equals + 1))
  }
  return signed ? parameters : undefined
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function readCredential(credential: string, refuse: (sentence: string) => Error) {
  const parts = credential.split("/")
  const [accessKeyId, date, region, service, terminator] = parts
  if (parts.length !== 5 || !accessKeyId || !date || !region || !service) {
    const sentence = "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term"
    throw refuse(`${sentence}, got '${credential}'`)
  }
  if (terminator !== "aws4_request") {
    throw refuse(`Credential should be scoped with a valid terminator: 'aws4_request', not '${terminator}'.`)
  }
  return { credential, accessKeyId, date, region, service }
}

function unsupported(algorithm: string): string {
  return algorithm.startsWith("AWS4-")
    ? `Unsupported AWS 'algorithm': '${algorithm}'. Homeport verifies '${ALGORITHM}' only.`
    : `Unsupported AWS 'algorithm'. Homeport verifies '${ALGORITHM}' only.`
}

function notBasicFormat(timestamp: string): string {
  return `Date must be in ISO-8601 'basic format'. Got '${timestamp}'. See http://en.wikipedia.org/wiki/ISO_8601`
}

/** The timestamp in the form that is signed, and its milliseconds since 1970 or NaN. A `Date` header may be in HTTP's own form. */
function readTimestamp(text: string): [timestamp: string, milliseconds: number] {
  const basic = parseBasic(text)
  if (!Number.isNaN(basic) || !text.endsWith(" GMT")) return [text, basic]
  const milliseconds = Date.parse(text)
  return [Number.isNaN(milliseconds) ? text : basicFormat(milliseconds), milliseconds]
}

/** Milliseconds since 1970 of a timestamp like `20260101T000000Z`; NaN for anything else. */
function parseBasic(text: string): number {
  if (text.length !== 16 || text[8] !== "T" || text[15] !== "Z") return Number.NaN
  const month = digits(text, 4, 2) - 1
  const day = digits(text, 6, 2)
  return Date.UTC(digits(text, 0, 4), month, day, digits(text, 9, 2), digits(text, 11, 2), digits(text, 13, 2))
}

export function basicFormat(milliseconds: number): string {
  const text = new Date(milliseconds).toISOString()
  return `${text.slice(0, 4)}${text.slice(5, 7)}${text.slice(8, 13)}${text.slice(14, 16)}${text.slice(17, 19)}Z`
}

export function wholeNumber(text: string): number | undefined {
  const value = text.length === 0 || text.length > 15 ? Number.NaN : digits(text, 0, text.length)
  return Number.isNaN(value) ? undefined : value
}

/** Reads plain decimal digits, and nothing else that Number() would also take. */
function digits(text: string, from: number, count: number): number {
  let value = 0
  for (let i = from; i < from + count; i++) {
    const digit = text.charCodeAt(i) - ZERO
    if (!(digit >= 0 && digit <= 9)) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

const ZERO = 0x30
