import { expect, test } from "vitest"
import type { HttpRequest } from "./http.ts"
import { KEY, verify } from "./official-signer.suite.ts"
import type { SignedRequest } from "./signature.ts"

// The examples in Amazon S3's API reference, with the signatures published there; all of the same moment.
const timestamp = "20130524T000000Z"
const now = Date.UTC(2013, 4, 24)
const hashOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

interface Example {
  readonly method?: string
  readonly path?: string
  readonly query?: string
  readonly headers?: Record<string, string>
  readonly body?: HttpRequest["body"]
  readonly signature: string
}

/** All headers are signed but the length, unless the example names them. */
function example({ method = "GET", path = "/", query = "", headers = {}, body, signature }: Example): HttpRequest {
  const { "content-length": length, ...others } = headers
  const all: Record<string, string> = {
    host: "examplebucket.s3.amazonaws.com",
    "x-amz-content-sha256": hashOfNothing,
    "x-amz-date": timestamp,
    ...others,
  }
  if (length !== undefined && headers["x-amz-trailer"] === undefined) all["content-length"] = length
  const names = Object.keys(all).sort().join(";")
  const credential = `${KEY.accessKeyId}/20130524/us-east-1/s3/aws4_request`
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential},SignedHeaders=${names},Signature=${signature}`
  const { signal } = new AbortController()
  return { method, path, query, headers: { ...all, authorization }, body: body ?? new Uint8Array(0), signal }
}

function accept(request: HttpRequest): SignedRequest<string> {
  return verify(request, { now, family: "s3", service: "s3" })
}

test("the published example of getting an object is accepted", () => {
  const signature = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"

  accept(example({ path: "/test.txt", headers: { range: "bytes=0-9" }, signature }))
})

test("the published example of putting an object is accepted, its name encoded or not", () => {
  const headers = {
    date: "Fri, 24 May 2013 00:00:00 GMT",
    "x-amz-content-sha256": "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
    "x-amz-storage-class": "REDUCED_REDUNDANCY",
  }
  const signature = "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
  const body = Buffer.from("Welcome to Amazon S3.")

  for (const path of ["/test$file.text", "/test%24file.text"]) {
    accept(example({ method: "PUT", path, headers, body, signature }))
    const changed = example({ method: "PUT", path, headers, body: Buffer.from("Welcome to Amazon S4."), signature })
    expect(() => accept(changed)).toThrow(
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    )
  }
})

test("the published examples of queries without and with values are accepted", () => {
  accept(example({ query: "lifecycle", signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543" }))
  accept(
    example({
      query: "prefix=J&max-keys=2",
      signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    }),
  )
})

test("the published example of a presigned request is accepted until it expires", () => {
  const credential = `${KEY.accessKeyId}%2F20130524%2Fus-east-1%2Fs3%2Faws4_request`
  const signature = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
  const request = {
    ...example({ path: "/test.txt", signature: "" }),
    query:
      `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${credential}&X-Amz-Date=${timestamp}` +
      `&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=${signature}`,
    headers: { host: "examplebucket.s3.amazonaws.com" },
  }
  const at = (seconds: number) => verify(request, { now: now + seconds * 1000, family: "s3" })

  expect(at(86_400)).toMatchObject({ accessKeyId: KEY.accessKeyId, service: "s3" })
  expect(() => at(86_401)).toThrow("Request has expired")
  expect(() => at(-901)).toThrow("Request is not valid yet")
})

const chunkedHeaders = {
  host: "s3.amazonaws.com",
  "content-encoding": "aws-chunked",
  "content-length": "66824",
  "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
  "x-amz-decoded-content-length": "66560",
  "x-amz-storage-class": "REDUCED_REDUNDANCY",
}

test("the published example of a body in chunks is decoded, however it arrives", async () => {
  const signatures = [
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
  ]
  const sent = `${inChunks(signatures)}\r\n`
  const signature = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
  expect(sent).toHaveLength(Number(chunkedHeaders["content-length"]))

  const inOnePiece = Buffer.from(sent)
  for (const body of [inOnePiece, inPieces(sent, 1), inPieces(sent, 7), inPieces(sent, 65_536)]) {
    const request = example({
      method: "PUT",
      path: "/examplebucket/chunkObject.txt",
      headers: chunkedHeaders,
      body,
      signature,
    })
    expect(await text(accept(request).body)).toBe("a".repeat(66_560))
  }
})

test("the published example of a body in chunks with a trailer is decoded", async () => {
  const signatures = [
    "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
    "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
    "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
  ]
  const trailerSignature = "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"
  const signature = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"
  const headers = {
    ...chunkedHeaders,
    "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    "x-amz-trailer": "x-amz-checksum-crc32c",
  }
  const send = (trailer: string) => {
    const body = inPieces(`${inChunks(signatures)}${trailer}`, 1000)
    return accept(example({ method: "PUT", path: "/examplebucket/chunkObject.txt", headers, body, signature }))
  }

  // Senders differ in how they part the trailers from their signature.
  for (const end of ["\r\n", "\n\r\n"]) {
    const result = send(`x-amz-checksum-crc32c:sOO8/Q==${end}x-amz-trailer-signature:${trailerSignature}\r\n\r\n`)
    expect(await text(result.body)).toHaveLength(66_560)
    expect(result.trailers).toEqual({ "x-amz-checksum-crc32c": "sOO8/Q==" })
  }

  const refused = { code: "SignatureDoesNotMatch", status: 403 }
  const changed = send(`x-amz-checksum-crc32c:tOO8/Q==\r\nx-amz-trailer-signature:${trailerSignature}\r\n\r\n`)
  await expect(text(changed.body)).rejects.toMatchObject(refused)
  await expect(text(send("x-amz-checksum-crc32c:sOO8/Q==\r\n\r\n").body)).rejects.toMatchObject(refused)
})

/** The data of the examples: 65,536 times the letter a, then 1,024 times, then the end. */
function inChunks([first, second, last]: readonly string[]): string {
  const chunk = (length: number, signature: string | undefined) =>
    `${length.toString(16)};chunk-signature=${signature}\r\n${"a".repeat(length)}`
  return `${chunk(65_536, first)}\r\n${chunk(1024, second)}\r\n${chunk(0, last)}`
}

async function* inPieces(sent: string, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < sent.length; at += length) yield Buffer.from(sent.slice(at, at + length))
}

async function text(body: SignedRequest<string>["body"]): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of body as AsyncIterable<Uint8Array>) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}
