import { createHash, createSecretKey } from "node:crypto"
import fc from "fast-check"
import { expect, test } from "vitest"
import { Fault } from "./fault.ts"
import { unverifiedStream } from "./signature.ts"
import { refusalsOf } from "./signature-faults.ts"
import { ChunkChain, type ChunkedKind, decodeChunks, isChunked } from "./signed-body.ts"
import { sign } from "./signing-key.ts"

const key = createSecretKey(Buffer.alloc(32, 1))
const timestamp = "20260101T000000Z"
const scope = "20260101/us-east-1/s3/aws4_request"
const seed = "0".repeat(64)
const SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
const UNSIGNED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"

/** Puts data into signed chunks as the documentation says, by other code than what takes it out. */
function encode(chunks: readonly Uint8Array[]): Buffer {
  const parts: Buffer[] = []
  let previous = seed
  for (const data of [...chunks, Buffer.alloc(0)]) {
    const hashes = [Buffer.alloc(0), data].map((bytes) => createHash("sha256").update(bytes).digest("hex"))
    previous = sign(key, ["AWS4-HMAC-SHA256-PAYLOAD", timestamp, scope, previous, ...hashes].join("\n"))
    parts.push(
      Buffer.from(`${data.length.toString(16)};chunk-signature=${previous}\r\n`),
      Buffer.from(data),
      Buffer.from("\r\n"),
    )
  }
  return Buffer.concat(parts)
}

async function* arriving(pieces: readonly Uint8Array[], onStop = () => {}): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces
  } finally {
    onStop()
  }
}

interface Sent {
  readonly kind?: ChunkedKind
  readonly length: number
  readonly pieces: readonly Uint8Array[]
  readonly trailer?: string
  readonly onStop?: () => void
}

function decode({ kind = SIGNED, length, pieces, trailer, onStop }: Sent) {
  const headers = { "x-amz-decoded-content-length": String(length), "x-amz-trailer": trailer }
  const chain = new ChunkChain(key, timestamp, scope, seed)
  return decodeChunks(kind, headers, arriving(pieces, onStop), { chain, refuse: refusalsOf("s3") })
}

async function collected(sent: Sent): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of decode(sent).body) pieces.push(piece)
  return Buffer.concat(pieces).toString("latin1")
}

const data = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 4 })
const cuts = fc.array(fc.nat(), { maxLength: 5 })

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b)
  return [0, ...ends].map((start, i) => bytes.subarray(start, ends[i] ?? bytes.length))
}

test("what was put into chunks comes out, wherever it was cut on its way", async () => {
  await fc.assert(
    fc.asyncProperty(data, cuts, async (chunks, places) => {
      const whole = Buffer.concat(chunks)
      const pieces = cut(encode(chunks), places)

      expect(await collected({ length: whole.length, pieces })).toBe(whole.toString("latin1"))
    }),
  )
})

test("one byte changed, added or lost anywhere before the end is refused", async () => {
  await fc.assert(
    fc.asyncProperty(data, cuts, fc.nat(), async (chunks, places, at) => {
      const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
      const right = encode(chunks)
      // The line end after the last chunk says nothing, and some senders leave it out.
      const place = at % (right.length - 2)
      const changed = Buffer.from(right)
      changed[place] = changed[place]! ^ 2
      const added = Buffer.concat([right.subarray(0, place), Buffer.from("\u0002"), right.subarray(place)])
      const lost = Buffer.concat([right.subarray(0, place), right.subarray(place + 1)])

      for (const wrong of [changed, added, lost, right.subarray(0, place)]) {
        await expect(collected({ length, pieces: cut(wrong, places) })).rejects.toThrow(Fault)
      }
    }),
    { numRuns: 300 },
  )
})

test("chunks cannot change places, be repeated or be left out", async () => {
  const chunk = "4;chunk-signature=".length + 64 + 2 + 4 + 2
  const right = encode([Buffer.from("aaaa"), Buffer.from("bbbb")])
  const [first, second, end] = [right.subarray(0, chunk), right.subarray(chunk, 2 * chunk), right.subarray(2 * chunk)]
  const refused = { code: "SignatureDoesNotMatch", status: 403 }

  expect(await collected({ length: 8, pieces: [first, second, end] })).toBe("aaaabbbb")
  await expect(collected({ length: 8, pieces: [second, first, end] })).rejects.toMatchObject(refused)
  await expect(collected({ length: 8, pieces: [first, first, end] })).rejects.toMatchObject(refused)
  await expect(collected({ length: 4, pieces: [second, end] })).rejects.toMatchObject(refused)
  await expect(collected({ length: 4, pieces: [first, end] })).rejects.toMatchObject(refused)
})

test("nothing that follows a bad chunk is passed on", async () => {
  const right = encode([Buffer.from("good"), Buffer.from("evil"), Buffer.from("late")])
  right[right.indexOf("evil")] = "E".charCodeAt(0)
  const seen: string[] = []
  const reading = (async () => {
    for await (const piece of decode({ length: 12, pieces: [right] }).body) seen.push(Buffer.from(piece).toString())
  })()

  await expect(reading).rejects.toMatchObject({ code: "SignatureDoesNotMatch" })
  expect(seen).toEqual(["good", "Evil"])
})

test("a body holds as many bytes as it said", async () => {
  const pieces = [encode([Buffer.from("four")])]

  await expect(collected({ length: 3, pieces })).rejects.toMatchObject({ code: "IncompleteBody", status: 400 })
  await expect(collected({ length: 5, pieces })).rejects.toMatchObject({ code: "IncompleteBody", status: 400 })
  expect(() => decode({ length: Number.NaN, pieces })).toThrow(
    expect.objectContaining({ code: "MissingContentLength", status: 411 }),
  )
})

test("headers of chunks and trailers that never end are cut off", async () => {
  const taken = { count: 0 }
  async function* endless(start: string): AsyncGenerator<Uint8Array> {
    yield Buffer.from(start)
    for (; taken.count < 1_000_000; taken.count++) yield Buffer.from("0".repeat(100))
  }
  for (const start of ["", "0;", "0\r\n"]) {
    const headers = { "x-amz-decoded-content-length": "0" }
    const { body } = decodeChunks(UNSIGNED, headers, endless(start), { refuse: refusalsOf("s3") })
    await expect(body[Symbol.asyncIterator]().next()).rejects.toThrow(Fault)
  }
  expect(taken.count).toBeLessThan(300)
})

test("the sender is told to stop when a body turns out wrong or is no longer wanted", async () => {
  let stopped = 0
  const onStop = () => {
    stopped += 1
  }
  await expect(collected({ length: 1, pieces: [Buffer.from("x"), Buffer.from("y")], onStop })).rejects.toThrow(Fault)
  expect(stopped).toBe(1)

  for await (const _ of decode({ length: 8, pieces: [encode([Buffer.from("wanted"), Buffer.from("no")])], onStop })
    .body)
    break
  expect(stopped).toBe(2)
})

test("unsigned chunks carry the trailers that were announced, and no others", async () => {
  const send = (trailers: string, trailer?: string) => {
    const pieces = [Buffer.from(`5\r\nhello\r\n0\r\n${trailers}\r\n`)]
    return decode({ kind: UNSIGNED, length: 5, pieces, ...(trailer === undefined ? {} : { trailer }) })
  }
  const end = async ({ body, trailers }: ReturnType<typeof decode>) => {
    for await (const _ of body) {
    }
    return trailers
  }
  const malformed = { code: "MalformedTrailerError", status: 400 }

  expect(await end(send(""))).toEqual({})
  expect(await end(send("x-amz-checksum-crc32:NhCmhg==\r\n", "X-Amz-Checksum-Crc32"))).toEqual({
    "x-amz-checksum-crc32": "NhCmhg==",
  })
  await expect(end(send("x-amz-checksum-crc32:NhCmhg==\r\n"))).rejects.toMatchObject(malformed)
  await expect(end(send("", "x-amz-checksum-crc32"))).rejects.toMatchObject(malformed)
  await expect(end(send("a:1\r\na:2\r\n", "a"))).rejects.toMatchObject(malformed)
  await expect(end(send("no colon\r\n"))).rejects.toMatchObject(malformed)
})

test("where any credentials will do the framing is taken off and signatures are not looked at", async () => {
  const wrong = encode([Buffer.from("data")])
  wrong[wrong.indexOf("data")] = "D".charCodeAt(0)
  const headers = { "x-amz-content-sha256": SIGNED, "x-amz-decoded-content-length": "4" }
  const { signal } = new AbortController()
  const request = { method: "PUT", path: "/", query: "", headers, body: wrong, signal }
  let text = ""
  for await (const piece of unverifiedStream(request, wrong, "s3") as AsyncIterable<Uint8Array>) {
    text += Buffer.from(piece).toString()
  }

  expect(text).toBe("Data")
  expect(unverifiedStream({ ...request, headers: {} }, wrong, "s3")).toBe(wrong)
})

test("only the three kinds that AWS has with this algorithm are bodies in chunks", () => {
  expect([SIGNED, `${SIGNED}-TRAILER`, UNSIGNED].every(isChunked)).toBe(true)
  expect(
    ["UNSIGNED-PAYLOAD", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "constructor", undefined].some(isChunked),
  ).toBe(false)
})
