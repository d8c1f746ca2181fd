import { Readable } from "node:stream"
import { HttpResponse as SdkResponse } from "@smithy/core/transport"
import type { HttpRequest as SdkRequest } from "@smithy/types"
import type { HttpRequest, HttpResponse } from "../../src/aws/http.ts"

/** An SDK package, as far as every one of them is alike. */
export type Sdk = Record<string, unknown>

export interface Client {
  send(command: object): Promise<Record<string, unknown>>
  destroy(): void
}

/** A client of the package whose requests end in `answer` instead of on a network. */
export function wiredClient(
  sdk: Sdk,
  answer: (request: HttpRequest) => HttpResponse | Promise<HttpResponse>,
  config: object = {},
): Client {
  const [, Class] = Object.entries(sdk).find(([name, value]) => isClientClass(sdk, name, value))!
  return new (Class as new (config: object) => Client)({
    region: "us-east-1",
    endpoint: "http://localhost:4566",
    credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "secret" },
    maxAttempts: 1,
    disableRequestCompression: true,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    forcePathStyle: true,
    requestHandler: {
      handle: async (request: SdkRequest) => ({ response: toSdk(await answer(fromSdk(request))) }),
    },
    ...config,
  })
}

function isClientClass(sdk: Sdk, name: string, value: unknown): boolean {
  const base = sdk.__Client as { prototype: object }
  return name.endsWith("Client") && typeof value === "function" && value.prototype instanceof (base as never)
}

export function command(sdk: Sdk, operation: string, input: object): object {
  return new (sdk[`${operation}Command`] as new (input: object) => object)(input)
}

function fromSdk(request: SdkRequest): HttpRequest {
  const headers = Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value])
  return {
    method: request.method,
    path: request.path,
    query: queryText(request.query),
    headers: Object.fromEntries(headers),
    body: bodyOf(request.body),
    signal: new AbortController().signal,
  }
}

function queryText(query: SdkRequest["query"]): string {
  const pairs = Object.entries(query ?? {}).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map(
      (one) => `${encodeURIComponent(name)}=${encodeURIComponent(one ?? "")}`,
    ),
  )
  return pairs.join("&")
}

function bodyOf(body: unknown): HttpRequest["body"] {
  if (body === undefined || body === null) return new Uint8Array(0)
  return typeof body === "string" ? Buffer.from(body) : (body as HttpRequest["body"])
}

function toSdk({ status, headers, body }: HttpResponse): SdkResponse {
  const chunks = typeof body === "string" ? [Buffer.from(body)] : body instanceof Uint8Array ? [body] : body
  // Node hands header names over in lower case, and SDK clients rely on it.
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
  const stream = Readable.from(chunks, { objectMode: false })
  return new SdkResponse({ statusCode: status, headers: Object.fromEntries(lower), body: stream })
}
