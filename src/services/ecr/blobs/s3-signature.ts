import { hash } from "node:crypto"
import { canonicalRequest } from "../../../aws/canonical-request.ts"
import { ALGORITHM, basicFormat } from "../../../aws/signature-claim.ts"
import { SigningKeys, sign } from "../../../aws/signing-key.ts"

export interface S3Key {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export interface UnsignedRequest {
  readonly method: string

  /** As they stand in the URL. */
  readonly path: string
  readonly query: string

  /** With names in lower case; the host is one of them. */
  readonly headers: Readonly<Record<string, string>>

  /** The body's SHA-256 in hexadecimal digits: what the store takes in is then what was sent. */
  readonly contentHash: string
}

export interface S3Scope {
  readonly key: S3Key
  readonly region: string

  /** Wall time. */
  readonly at: number
}

/** The headers of a request to an S3-compatible store, with AWS's signature (version 4) over all of them. */
export function signedHeaders(
  { method, path, query, headers, contentHash }: UnsignedRequest,
  { key, region, at }: S3Scope,
): Record<string, string> {
  const timestamp = basicFormat(at)
  const all = { ...headers, "x-amz-content-sha256": contentHash, "x-amz-date": timestamp }
  const names = Object.keys(all).toSorted()
  const request = { method, path, query, headers: all }
  const canonical = canonicalRequest(request, { signedHeaders: names, contentHash, isObjectStore: true })!
  const scope = `${timestamp.slice(0, 8)}/${region}/s3/aws4_request`
  const credential = `${key.accessKeyId}/${scope}`
  const text = `${ALGORITHM}\n${timestamp}\n${scope}\n${hash("sha256", canonical)}`
  const signature = sign(KEYS.of(credential, key.secretAccessKey), text)
  const authorization = `${ALGORITHM} Credential=${credential}, SignedHeaders=${names.join(";")}, Signature=${signature}`
  return { ...all, authorization }
}

/** One is made a day. */
const KEYS = new SigningKeys(4)
