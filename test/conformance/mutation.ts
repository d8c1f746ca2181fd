import { gzipSync } from "node:zlib"
import fc from "fast-check"
import type { HttpRequest } from "../../src/aws/http.ts"
import { reshapedBody } from "./reshaped.ts"

/** A request whose body is whole, so that it can be cut and changed. */
export interface WholeRequest extends HttpRequest {
  readonly body: Uint8Array
}

type Mutation = (request: WholeRequest) => WholeRequest

/** A request near to one of these: mostly right, and wrong in one to three places. */
export function mutated(requests: readonly WholeRequest[]): fc.Arbitrary<WholeRequest> {
  const other = fc.constantFrom(...requests)
  const mutation = fc.oneof(
    { weight: 6, arbitrary: bodyMutation(other) },
    { weight: 4, arbitrary: reshapedBody() },
    { weight: 3, arbitrary: headerMutation(other) },
    { weight: 1, arbitrary: METHOD },
    { weight: 2, arbitrary: PATH },
    { weight: 2, arbitrary: QUERY },
  )
  return fc
    .tuple(other, fc.array(mutation, { minLength: 1, maxLength: 3 }))
    .map(([request, mutations]) => mutations.reduce((so, mutate) => mutate(so), request))
}

/** Pieces that mean something to one reader or another. */
const PIECES = [
  "__proto__",
  "constructor",
  '{"__proto__":{"a":1}}',
  '"a":1,"a":2',
  "[".repeat(2_000),
  '{"a":'.repeat(2_000),
  "1e999",
  "-0",
  "9007199254740993",
  "NaN",
  "null",
  "\\ud800",
  "\\u0000",
  "\0",
  "\u2028",
  "%",
  "%00",
  "%C0%AF",
  "&Action=GetCallerIdentity",
  "&Action=",
  "&Tags.member.4294967296.Key=a",
  "&Filter.1.Value.00001=a&Filter.1.Value.1=b",
  "&a.b.c.d=1&a.b=2&a=3",
  "&__proto__.x=1",
  "<a>".repeat(2_000),
  "</a>",
  '<!DOCTYPE a [<!ENTITY b "c">]>&b;',
  "&#x110000;",
  "<![CDATA[",
  "<!--",
  'xmlns="x"',
  "\r\n\r\n",
].map((text) => Buffer.from(text))

/** The same for CBOR, whose pieces are bytes. */
const BYTES = [
  [0x9f],
  [0xbf],
  [0xff],
  [0x5f, 0x41],
  [0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0xbb, 0, 0, 0, 1, 0, 0, 0, 0],
  [0x7a, 0x7f, 0xff, 0xff, 0xff],
  [0xc1, 0xf9, 0x7e, 0],
  [0xfb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0],
  [0xf8, 0x18],
  [0x1f],
  Array(2_000).fill(0x81),
  Array(2_000).fill(0xc1),
  [0xef, 0xbb, 0xbf],
  [0xc3],
].map((bytes) => Buffer.from(bytes))

function bodyMutation(other: fc.Arbitrary<WholeRequest>): fc.Arbitrary<Mutation> {
  const place = fc.double({ min: 0, max: 1, noNaN: true })
  const piece = fc.oneof(fc.constantFrom(...PIECES, ...BYTES), fc.uint8Array({ maxLength: 20 }))
  return fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((body) => withBody(() => body)),
    fc.string({ unit: "binary", maxLength: 100 }).map((text) => withBody(() => Buffer.from(text))),
    place.map((end) => withBody((body) => body.subarray(0, Math.floor(end * body.length)))),
    fc.tuple(place, place, piece).map(([a, b, inserted]) =>
      withBody((body) => {
        const [from, to] = [a, b].map((at) => Math.floor(at * body.length)).sort((x, y) => x - y)
        return Buffer.concat([body.subarray(0, from), inserted, body.subarray(to)])
      }),
    ),
    fc.tuple(place, piece).map(([at, inserted]) =>
      withBody((body) => {
        const cut = Math.floor(at * body.length)
        return Buffer.concat([body.subarray(0, cut), inserted, body.subarray(cut)])
      }),
    ),
    fc
      .tuple(place, fc.integer({ min: 1, max: 255 }))
      .map(([at, flipped]) =>
        withBody((body) => body.map((byte, index) => (index === Math.floor(at * body.length) ? byte ^ flipped : byte))),
      ),
    other.map(({ body }) => withBody(() => body)),
    fc.constant<Mutation>((request) => {
      const headers = { ...request.headers, "content-encoding": "gzip" }
      return { ...request, headers, body: gzipSync(request.body) }
    }),
  )
}

const HEADERS = [
  "authorization",
  "content-type",
  "content-encoding",
  "content-length",
  "transfer-encoding",
  "host",
  "x-amz-target",
  "x-amz-date",
  "date",
  "x-amz-security-token",
  "x-amz-content-sha256",
  "x-amz-decoded-content-length",
  "x-amz-trailer",
  "x-amz-sdk-checksum-algorithm",
  "x-amz-checksum-crc32",
  "x-amzn-query-mode",
  "smithy-protocol",
  "accept",
  "range",
  "__proto__",
  "constructor",
]

const HEADER_VALUES = [
  "",
  ",",
  "application/json",
  "application/x-amz-json-1.0",
  "application/x-amz-json-1.1; charset=utf-16",
  "application/x-www-form-urlencoded",
  "application/cbor",
  "text/xml",
  "multipart/form-data; boundary=a",
  "rpc-v2-cbor",
  "gzip",
  "gzip,gzip",
  "deflate, br",
  "aws-chunked",
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
  "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
  "UNSIGNED-PAYLOAD",
  "-1",
  "1e9",
  "99999999999999999999",
  "20260101T000000Z",
  "Thu, 01 Jan 1970 00:00:00 GMT",
  "AWS4-HMAC-SHA256",
  "AWS4-HMAC-SHA256 Credential=////, SignedHeaders=;;;, Signature=",
  "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/__proto__/aws4_request, SignedHeaders=host, Signature=00",
  ...["a/b", "../..", "cn-north-1", "US EAST:1", "__proto__", "", "x".repeat(200)].map(
    (region) =>
      `AWS4-HMAC-SHA256 Credential=a/20260101/${region}/ecs/aws4_request, SignedHeaders=host, Signature=${"0".repeat(64)}`,
  ),
  "AWS4-ECDSA-P256-SHA256 Credential=a, SignedHeaders=host, Signature=00",
  "Basic YTpi",
  "AmazonEC2ContainerServiceV20141113.",
  "AmazonEC2ContainerServiceV20141113.__proto__",
  "AmazonEC2ContainerServiceV20141113.constructor",
  "..",
  "__proto__.toString",
  "GraniteServiceVersion20100801.PutMetricData",
  "true",
  "é\u00ff",
]

function headerMutation(other: fc.Arbitrary<WholeRequest>): fc.Arbitrary<Mutation> {
  const name = fc.constantFrom(...HEADERS)
  const value = fc.oneof(fc.constantFrom(...HEADER_VALUES), fc.string({ maxLength: 30 }))
  return fc.oneof(
    name.map((left) =>
      withHeaders((headers) => Object.fromEntries(entries(headers).filter(([each]) => each !== left))),
    ),
    fc
      .tuple(name, value)
      .map(([each, set]) => withHeaders((headers) => Object.fromEntries([...entries(headers), [each, set]]))),
    // As the server joins a header that comes twice.
    fc
      .tuple(name, value)
      .map(([each, more]) =>
        withHeaders((headers) => Object.fromEntries([...entries(headers), [each, `${headers[each] ?? ""},${more}`]])),
      ),
    other.map(({ headers }) => withHeaders(() => headers)),
    fc
      .tuple(name, other)
      .map(([each, { headers: theirs }]) =>
        withHeaders((headers) => Object.fromEntries([...entries(headers), [each, theirs[each]]])),
      ),
    fc.constant(withHeaders(() => ({}))),
  )
}

const METHOD: fc.Arbitrary<Mutation> = fc
  .constantFrom("GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "POST", "TRACE", "CONNECT", "post", "M-SEARCH")
  .map((method) => (request) => ({ ...request, method }))

const ODD_TEXTS = [
  "/",
  "//",
  "/..",
  "/./",
  "/%",
  "/%2",
  "/%zz",
  "/%ff%fe",
  "/%00",
  "/%2F%2e%2e",
  "/é",
  "/__proto__",
  "/constructor/prototype",
  "*",
  "",
  "/service//operation/",
  "/service/GraniteServiceVersion20100801/operation/__proto__",
  "/service/GraniteServiceVersion20100801/operation/PutMetricData/more",
]

const PATH: fc.Arbitrary<Mutation> = fc.oneof(
  fc.constantFrom(...ODD_TEXTS).map(
    (path): Mutation =>
      (request) => ({ ...request, path }),
  ),
  fc.constantFrom(...ODD_TEXTS).map(
    (more): Mutation =>
      (request) => ({ ...request, path: request.path + more }),
  ),
  fc.webPath().map(
    (path): Mutation =>
      (request) => ({ ...request, path: path === "" ? "/" : path }),
  ),
  fc.nat(60).map(
    (end): Mutation =>
      (request) => ({ ...request, path: request.path.slice(0, end) }),
  ),
)

const QUERIES = [
  "Action=GetCallerIdentity&Version=2011-06-15",
  "Action=&Version=",
  "Action=__proto__",
  "Version=2016-11-15",
  "%",
  "=",
  "&&&",
  "a=%ff&a=%",
  "__proto__=1&constructor=2",
  "delete&tagging&acl",
  "x-id=PutObject",
  "partNumber=1&uploadId=",
  "partNumber=NaN&uploadId=a",
  "X-Amz-Algorithm=AWS4-HMAC-SHA256",
  "X-Amz-Signature=",
  "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a&X-Amz-Date=b&X-Amz-Expires=c&X-Amz-SignedHeaders=&X-Amz-Signature=d",
  "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a/b/c/ecs/aws4_request&X-Amz-Expires=-1&X-Amz-Expires=1",
]

const QUERY: fc.Arbitrary<Mutation> = fc.oneof(
  fc.constantFrom(...QUERIES).map(
    (query): Mutation =>
      (request) => ({ ...request, query }),
  ),
  fc.constantFrom(...QUERIES).map(
    (more): Mutation =>
      (request) => ({ ...request, query: `${request.query}&${more}` }),
  ),
  fc.webQueryParameters().map(
    (query): Mutation =>
      (request) => ({ ...request, query }),
  ),
)

function withBody(change: (body: Uint8Array) => Uint8Array): Mutation {
  return (request) => ({ ...request, body: change(request.body) })
}

function withHeaders(change: (headers: HttpRequest["headers"]) => HttpRequest["headers"]): Mutation {
  return (request) => ({ ...request, headers: change(request.headers) })
}

function entries(headers: HttpRequest["headers"]): [string, string | undefined][] {
  return Object.entries(headers)
}
