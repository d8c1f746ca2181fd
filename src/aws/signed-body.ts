import { createHash, hash, type KeyObject } from "node:crypto"
import { type Body, type Headers, NO_BODY } from "./http.ts"
import { wholeNumber } from "./signature-claim.ts"
import type { Refuse } from "./signature-faults.ts"
import { isSameSignature, sign } from "./signing-key.ts"

/**
 * Bodies that are signed while they are sent (`aws-chunked`): each chunk carries its size and, in two of the three
 * kinds, a signature that continues from the one before it, so that no chunk can be changed, moved or left out.
 */
const kinds = {
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD": { signed: true, trailer: false },
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER": { signed: true, trailer: true },
  "STREAMING-UNSIGNED-PAYLOAD-TRAILER": { signed: false, trailer: true },
} as const

export const CHUNKED_KINDS = Object.keys(kinds)

export function isChunked(contentHash: string | undefined): contentHash is ChunkedKind {
  return contentHash !== undefined && Object.hasOwn(kinds, contentHash)
}

export type ChunkedKind = keyof typeof kinds

export interface DecodedBody {
  readonly body: AsyncIterable<Uint8Array>

  /** Filled in by the time the body has ended. */
  readonly trailers: Headers
}

/** The signatures of a body's chunks, each made with the one before it, from the request's own on. */
export class ChunkChain {
  readonly #key: KeyObject
  readonly #context: string
  #previous: string

  constructor(key: KeyObject, timestamp: string, scope: string, requestSignature: string) {
    this.#key = key
    this.#context = `${timestamp}\n${scope}`
    this.#previous = requestSignature
  }

  acceptsChunk(dataHash: string, claimed: string): boolean {
    return this.#accepts(
      `AWS4-HMAC-SHA256-PAYLOAD\n${this.#context}\n${this.#previous}\n${NOTHING}\n${dataHash}`,
      claimed,
    )
  }

  acceptsTrailer(trailerHash: string, claimed: string): boolean {
    return this.#accepts(`AWS4-HMAC-SHA256-TRAILER\n${this.#context}\n${this.#previous}\n${trailerHash}`, claimed)
  }

  #accepts(stringToSign: string, claimed: string): boolean {
    this.#previous = sign(this.#key, stringToSign)
    return isSameSignature(this.#previous, claimed)
  }
}

/**
 * Takes a body out of its chunks, passing data on as it arrives; it ends with a fault at the first chunk that is not
 * what was signed. No chunk is held back, so memory stays small whatever size the sender chose. Without a chain
 * nothing is verified but the framing, for installations that take any credentials.
 */
export function decodeChunks(
  chunked: ChunkedKind,
  headers: Headers,
  body: Body,
  { chain, refuse }: { readonly chain?: ChunkChain; readonly refuse: Refuse },
): DecodedBody {
  const length = wholeNumber(headers["x-amz-decoded-content-length"] ?? "")
  if (length === undefined) throw refuse("missingLength", "You must provide the Content-Length HTTP header.")

  const { signed, trailer } = kinds[chunked]
  const trailers: Record<string, string> = {}
  const expected = trailer ? trailerNames(headers) : []
  return { body: chunkData(body, { length, trailers, expected, chain: signed ? chain : undefined, refuse }), trailers }
}

/** Passes a body on as it arrives; it ends with a fault when it was not the one whose hash was signed. */
export async function* verifyingContent(
  body: AsyncIterable<Uint8Array>,
  contentHash: string,
  refuse: Refuse,
): AsyncGenerator<Uint8Array> {
  const computed = createHash("sha256")
  for await (const piece of body) {
    computed.update(piece)
    yield piece
  }
  if (computed.digest("hex") !== contentHash) throw refuse("contentMismatch")
}

interface Frame {
  readonly length: number
  readonly trailers: Record<string, string>
  readonly expected: readonly string[]
  readonly chain: ChunkChain | undefined
  readonly refuse: Refuse
}

async function* chunkData(body: Body, frame: Frame): AsyncGenerator<Uint8Array> {
  const { chain, refuse } = frame
  const incoming = new Incoming(body)
  let left = frame.length
  try {
    for (;;) {
      const header = readChunkHeader(await incoming.line(CHUNK_HEADER_BYTES_MAX))
      if (header === undefined) throw refuse("brokenChunks", "The request body is not well-formed aws-chunked content.")
      if (header.size > left) throw refuse("brokenChunks", WRONG_LENGTH)
      left -= header.size

      const computed = chain && createHash("sha256")
      for (let missing = header.size; missing > 0; ) {
        const piece = await incoming.some(missing)
        if (piece === undefined) throw refuse("brokenChunks", "The request body terminated unexpectedly")
        missing -= piece.length
        computed?.update(piece)
        yield piece
      }
      if (computed && !chain.acceptsChunk(computed.digest("hex"), header.signature)) throw refuse("mismatch")
      if (header.size === 0) break
      if ((await incoming.line(0)) !== "") {
        throw refuse("brokenChunks", "The request body is not well-formed aws-chunked content.")
      }
    }
    if (left > 0) throw refuse("brokenChunks", WRONG_LENGTH)
    readTrailers(await incoming.rest(TRAILER_BYTES_MAX), frame)
  } finally {
    await incoming.stop()
  }
}

const NOTHING = hash("sha256", "")
const CHUNK_HEADER_BYTES_MAX = 256
const TRAILER_BYTES_MAX = 8192
const TRAILER_SIGNATURE = "x-amz-trailer-signature"
const WRONG_LENGTH = "You did not provide the number of bytes specified by the Content-Length HTTP header"

/** Reads `10000;chunk-signature=ad80c7…` or, unsigned, only the size. */
function readChunkHeader(line: string | undefined): { size: number; signature: string } | undefined {
  if (line === undefined) return undefined
  const end = line.indexOf(";")
  const digits = end < 0 ? line : line.slice(0, end)
  if (digits.length > 12 || !/^[0-9a-fA-F]+$/.test(digits)) return undefined
  const extension = end < 0 ? "" : line.slice(end + 1)
  const signature = extension.startsWith("chunk-signature=") ? extension.slice("chunk-signature=".length) : ""
  return { size: Number.parseInt(digits, 16), signature }
}

/** The trailers that the signed headers announce; no other one may follow. */
function trailerNames(headers: Headers): string[] {
  const announced = headers["x-amz-trailer"]?.toLowerCase().split(",") ?? []
  return announced.map((name) => name.trim()).filter((name) => name !== "")
}

function readTrailers(text: string | undefined, { trailers, expected, chain, refuse }: Frame): void {
  const malformed = () =>
    refuse(
      "brokenTrailer",
      "The request contained trailing data that was not well-formed or did not conform to our published schema.",
    )
  if (text === undefined) throw malformed()

  let signed = ""
  let signature: string | undefined
  // Senders differ in whether a blank line stands between trailers and their signature, so blank lines mean nothing.
  for (const line of text.split("\n")) {
    const trimmed = line.trim()
    if (trimmed === "") continue
    const colon = trimmed.indexOf(":")
    const name = trimmed.slice(0, colon).toLowerCase()
    const value = trimmed.slice(colon + 1).trim()
    if (colon <= 0 || signature !== undefined) throw malformed()
    if (name === TRAILER_SIGNATURE) {
      signature = value
      continue
    }
    if (!expected.includes(name) || Object.hasOwn(trailers, name)) throw malformed()
    trailers[name] = value
    signed += `${name}:${value}\n`
  }
  if (Object.keys(trailers).length !== new Set(expected).size) throw malformed()
  if (chain === undefined || (expected.length === 0 && signature === undefined)) return
  if (!chain.acceptsTrailer(hash("sha256", signed), signature ?? "")) throw refuse("mismatch")
}

/** Reads a body by lines and by counts, holding no more than the piece that arrived last. */
class Incoming {
  readonly #pieces: AsyncIterator<Uint8Array>
  #piece: Uint8Array = NO_BODY

  constructor(body: Body) {
    this.#pieces = body instanceof Uint8Array ? whole(body) : body[Symbol.asyncIterator]()
  }

  /** The next bytes, at most `bytesMax` of them; undefined at the end. */
  async some(bytesMax: number): Promise<Uint8Array | undefined> {
    return (await this.#arrived()) ? this.#take(bytesMax) : undefined
  }

  /** The next line without its end, CRLF; undefined when there is none, or when it is longer than `bytesMax`. */
  async line(bytesMax: number): Promise<string | undefined> {
    let line = ""
    while (line.length < bytesMax + 2 && (await this.#arrived())) {
      const end = this.#piece.indexOf(LINE_FEED) + 1 || this.#piece.length
      line += latin1(this.#take(Math.min(end, bytesMax + 2)))
      if (line.endsWith("\n")) return line.endsWith("\r\n") ? line.slice(0, -2) : undefined
    }
    return undefined
  }

  /** All that is left; undefined when it is more than `bytesMax`. */
  async rest(bytesMax: number): Promise<string | undefined> {
    let text = ""
    for (;;) {
      const piece = await this.some(bytesMax + 1)
      if (piece === undefined) return text
      text += latin1(piece)
      if (text.length > bytesMax) return undefined
    }
  }

  /** Tells the sender's side that no more is wanted. */
  async stop(): Promise<void> {
    await this.#pieces.return?.()
  }

  /** Waits until there is something to take; false at the end. */
  async #arrived(): Promise<boolean> {
    while (this.#piece.length === 0) {
      const next = await this.#pieces.next()
      if (next.done === true) return false
      this.#piece = next.value
    }
    return true
  }

  #take(bytesMax: number): Uint8Array {
    const taken = this.#piece.subarray(0, bytesMax)
    this.#piece = this.#piece.subarray(taken.length)
    return taken
  }
}

const LINE_FEED = 0x0a

async function* whole(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1")
}
