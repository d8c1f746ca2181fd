import { createHash, createHmac } from "node:crypto"
import { buildQueryString, HttpRequest as SdkRequest } from "@smithy/core/protocols"
import { SignatureV4 } from "@smithy/signature-v4"
import type { HttpRequest } from "./http.ts"
import { SigningKeys, type VerifyOptions, verifySignature } from "./signature.ts"

/** AWS's own signer, and its requests as the front door gets them: what the tests of signatures measure ours against. */

export const KEY = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" }
export const TOKEN = "IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCXVzLWVhc3Qt+/=="
export const NOW = Date.UTC(2026, 0, 1)

export interface Unsigned {
  readonly method?: string

  /** Encoded as it goes over the wire. */
  readonly path?: string
  readonly query?: Record<string, string | string[]>
  readonly headers?: Record<string, string>
  readonly body?: Uint8Array
}

export interface SignOptions {
  readonly service?: string
  readonly region?: string
  readonly at?: number
  readonly sessionToken?: string

  /** Presigns for so many seconds when given. */
  readonly expiresIn?: number

  /** Leaves the content hash to be worked out, as clients of services other than S3 may. */
  readonly withoutContentHash?: boolean
}

export async function signed(
  { method = "POST", path = "/", query = {}, headers = {}, body = Buffer.from("{}") }: Unsigned,
  options: SignOptions = {},
): Promise<HttpRequest> {
  const { service = "ecs", region = "us-east-1", at = NOW, sessionToken, expiresIn } = options
  const host = { host: `${service}.${region}.amazonaws.com` }
  const request = new SdkRequest({ method, path, query, headers: { ...host, ...headers }, body })
  const signer = new SignatureV4({
    service,
    region,
    credentials: { ...KEY, ...(sessionToken === undefined ? {} : { sessionToken }) },
    sha256: Sha256,
    uriEscapePath: service !== "s3",
    applyChecksum: options.withoutContentHash !== true,
  })
  const signingDate = new Date(at)
  const result =
    expiresIn === undefined
      ? await signer.sign(request, { signingDate })
      : await signer.presign(request, { signingDate, expiresIn })
  return received(result as SdkRequest)
}

/** A request as the HTTP server would hand it over. */
export function received(request: SdkRequest): HttpRequest {
  const headers = Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value.trim()])
  return {
    method: request.method,
    path: request.path,
    query: buildQueryString(request.query),
    headers: Object.fromEntries(headers),
    body: typeof request.body === "string" ? Buffer.from(request.body) : (request.body ?? new Uint8Array(0)),
    signal: new AbortController().signal,
  }
}

const signingKeys = new SigningKeys()

/** Verifies at the time that requests are signed at, with the one key there is. */
export function verify(request: HttpRequest, options: Partial<VerifyOptions<string>> = {}) {
  return verifySignature(request, request.body, {
    now: NOW,
    family: "json",
    takesStream: true,
    signingKeys,
    findKey: (accessKeyId, sessionToken) =>
      accessKeyId === KEY.accessKeyId && (sessionToken ?? TOKEN) === TOKEN
        ? { secret: KEY.secretAccessKey, principal: "the root" }
        : undefined,
    ...options,
  })
}

/** The hash as the official signer wants it handed in. */
export class Sha256 {
  readonly #hash

  constructor(secret?: string | Uint8Array | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret as Uint8Array)
  }

  update(data: Uint8Array): void {
    this.#hash.update(data)
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }

  reset(): void {}
}
