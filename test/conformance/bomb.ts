import { gzipSync } from "node:zlib"
import type { WholeRequest } from "./mutation.ts"

type Bomb = readonly [name: string, make: (request: WholeRequest) => WholeRequest]

/** As much as a request may bring, so that whatever takes more than its share of time or memory shows. */
const SIZE = 2_000_000
const FORM_SIZE = 1_000_000
const HEAD_SIZE = 60_000

const filled = (piece: string, size = SIZE) => piece.repeat(Math.floor(size / piece.length))
const numbered = (piece: (n: number) => string, size = SIZE) =>
  Array.from({ length: Math.floor(size / (piece(100_000).length + 1)) }, (_, n) => piece(n))

const JSON_BODIES: readonly (readonly [string, string])[] = [
  ["nested lists", filled("[")],
  ["nested objects", filled('{"a":')],
  ["brackets that close again", filled("[", SIZE / 2) + filled("]", SIZE / 2)],
  ["many small keys", `{${numbered((n) => `"a${n.toString(36)}":0`).join()}}`],
  ["many objects", `[${numbered(() => `{"a":0}`).join()}]`],
  ["one key many times", `{${filled('"cluster":"a",')}"cluster":"a"}`],
  ["many tags", `{"resourceArn":"a","tags":[${numbered((n) => `{"key":"${n}","value":""}`).join()}]}`],
  ["a long string", JSON.stringify({ cluster: filled("a") })],
  ["a string of escapes", `{"cluster":"${filled("\\u0000")}"}`],
  ["a long number", `{"maxResults":${filled("9")}}`],
  ["blanks", filled(" ")],
]

const FORM_BODIES: readonly (readonly [string, string])[] = [
  ["many parameters", numbered((n) => `a${n}=`, FORM_SIZE).join("&")],
  ["many numbered members", numbered((n) => `Tags.member.${n + 1}.Key=`, FORM_SIZE).join("&")],
  ["far numbered members", numbered((n) => `Filter.${n * 1_000_003}.Value.1=`, FORM_SIZE).join("&")],
  ["a deep member", `${filled("a.1.", FORM_SIZE)}=`],
  ["one parameter many times", filled("Action=a&", FORM_SIZE)],
  ["separators", filled("&=", FORM_SIZE)],
  ["escapes", filled("%41", FORM_SIZE)],
  ["broken escapes", filled("%", FORM_SIZE)],
]

const XML_BODIES: readonly (readonly [string, string])[] = [
  ["nested elements", filled("<a>")],
  ["many elements", `<a>${filled("<b/>")}</a>`],
  ["many attributes", `<a ${numbered((n) => `a${n}=""`).join(" ")}/>`],
  ["many elements with attributes", `<a>${filled('<b a="" b="" c=""/>')}</a>`],
  ["many entities", `<a>${filled("&lt;")}</a>`],
  ["unknown entities", `<a>${filled("&a;")}</a>`],
  ["entities of entities", '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;"><!ENTITY d "&c;&c;">]><a>&d;</a>'],
  ["comments", filled("<!---->")],
  ["beginnings of comments", filled("<!--")],
  ["beginnings", filled("<")],
  ["long blanks in a tag", `<a${filled(" ")}`],
]

const inList = (start: number, items: string) =>
  Buffer.concat([Buffer.from([start]), Buffer.from(items, "latin1"), Buffer.from([0xff])])

const CBOR_BODIES: readonly (readonly [string, Buffer])[] = [
  ["nested lists", Buffer.alloc(SIZE, 0x81)],
  ["nested lists without end", Buffer.alloc(SIZE, 0x9f)],
  ["nested maps", Buffer.alloc(SIZE, Buffer.from([0xa1, 0x61, 0x61]))],
  ["many small keys", inList(0xbf, numbered((n) => `\x64${n.toString(36).padStart(4, "0")}\x00`).join(""))],
  ["many nested lists", inList(0x9f, filled(`${"\x81".repeat(240)}\x00`))],
  ["many short strings of bytes", inList(0x9f, filled("\x41a"))],
  ["many big numbers", inList(0x9f, filled("\xc2\x41a"))],
  ["tags of tags", Buffer.alloc(SIZE, 0xc1)],
  ["a string in pieces", Buffer.concat([Buffer.from([0x7f]), Buffer.alloc(SIZE, Buffer.from([0x61, 0x61]))])],
  ["a list that says it is huge", Buffer.from("9b7fffffffffffffff", "hex")],
  ["a map that says it is huge", Buffer.from("bbffffffffffffffff", "hex")],
  ["bytes that say they are huge", Buffer.from("5b0000000100000000", "hex")],
  [
    "a small map many times",
    Buffer.concat([Buffer.from([0x9f]), Buffer.alloc(SIZE, Buffer.from([0xa1, 0x61, 0x61, 0x60]))]),
  ],
]

/** For any protocol: what is wrong lies in front of the body, or around it. */
const HEADS: readonly Bomb[] = [
  ["a compressed body that is huge when unpacked", (request) => packed(request, gzipSync(Buffer.alloc(200_000_000)))],
  ["a compressed body that ends too soon", (request) => packed(request, gzipSync(request.body).subarray(0, -9))],
  [
    "commas in the signature",
    (request) => withHeader(request, "authorization", `AWS4-HMAC-SHA256 ${filled(",", HEAD_SIZE)}`),
  ],
  [
    "many signed headers",
    (request) =>
      withHeader(
        request,
        "authorization",
        `AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/ecs/aws4_request, SignedHeaders=${filled("a;", HEAD_SIZE)}, Signature=0`,
      ),
  ],
  [
    "blanks in a header",
    (request) => withHeader(request, "authorization", `AWS4-HMAC-SHA256${filled(" ", HEAD_SIZE)}x`),
  ],
  ["slashes in the path", (request) => ({ ...request, path: filled("/", HEAD_SIZE) })],
  ["dots in the path", (request) => ({ ...request, path: filled("/..", HEAD_SIZE) })],
  ["escapes in the path", (request) => ({ ...request, path: filled("/%2F", HEAD_SIZE) })],
  [
    "many parameters in the query",
    (request) => ({ ...request, query: numbered((n) => `a${n}=`, HEAD_SIZE).join("&") }),
  ],
  ["one parameter many times in the query", (request) => ({ ...request, query: filled("Action=a&", HEAD_SIZE) })],
  ["dots in the target", (request) => withHeader(request, "x-amz-target", filled(".", HEAD_SIZE))],
]

export type BodyForm = "json" | "form" | "xml" | "cbor"

const BODIES: Readonly<Record<BodyForm, readonly (readonly [string, string | Buffer])[]>> = {
  json: JSON_BODIES,
  form: FORM_BODIES,
  xml: XML_BODIES,
  cbor: CBOR_BODIES,
}

/** Everything that may go off for readers of these forms. */
export function bombs(forms: readonly BodyForm[]): readonly Bomb[] {
  const bodies = forms.flatMap((form) =>
    BODIES[form].map(([name, body]) => [`${form}: ${name}`, Buffer.from(body)] as const),
  )
  return [
    ...HEADS,
    ...bodies.map(([name, body]): Bomb => [name, (request) => ({ ...request, body: startOf(request, name, body) })]),
  ]
}

/** A form is read only when it names an operation, so its bombs come behind that. */
function startOf(request: WholeRequest, name: string, body: Buffer): Buffer {
  if (!name.startsWith("form")) return body
  const start = Buffer.from(request.body.subarray(0, request.body.indexOf("&".charCodeAt(0)) + 1))
  return Buffer.concat([start, body])
}

function packed(request: WholeRequest, body: Buffer): WholeRequest {
  return { ...withHeader(request, "content-encoding", "gzip"), body }
}

function withHeader(request: WholeRequest, name: string, value: string): WholeRequest {
  return { ...request, headers: { ...request.headers, [name]: value } }
}
