import { ipBytes } from "../../linux/ip.ts"

/** As much of the DNS's wire format as a resolver needs that answers from records and passes on what it does not know. */
export interface Query {
  readonly id: number
  readonly recursionDesired: boolean
  readonly question: Question

  /** What the asker can take in one datagram. */
  readonly sizeMax: number
}

export interface Question {
  /** In lower case and without the last dot. */
  readonly name: string
  readonly type: number

  /** As it was asked: it goes back in the same letters. */
  readonly bytes: Buffer
}

export interface Answer {
  readonly name: string
  readonly type: AnswerType
  readonly ttl: number
  readonly value: string
}

export const TYPES = { A: 1, CNAME: 5, PTR: 12, TXT: 16, AAAA: 28, SRV: 33 } as const
export type AnswerType = keyof typeof TYPES
export const ANY = 255

export const NO_ERROR = 0
export const SERVER_FAILURE = 2
export const NO_SUCH_NAME = 3

const HEADER_LENGTH = 12
const OPT = 41
const IS_RESPONSE = 0x8000
const OPERATION = 0x7800
const TRUNCATED = 0x0200
const RECURSION_DESIRED = 0x0100
const RECURSION_AVAILABLE = 0x0080
const CLASS_INTERNET = 1
const SIZE_MAX = 512
const SIZE_MAX_EXTENDED = 4096

/** Undefined for what is no question that we understand. */
export function decodeQuery(bytes: Buffer): Query | undefined {
  if (bytes.length < HEADER_LENGTH) return undefined
  const flags = bytes.readUInt16BE(2)
  if ((flags & (IS_RESPONSE | OPERATION)) !== 0 || bytes.readUInt16BE(4) !== 1) return undefined
  const labels: string[] = []
  let at = HEADER_LENGTH
  for (;;) {
    const length = bytes[at]
    // A question is the first name there is, so it cannot point to another one.
    if (length === undefined || length > 63 || at + length >= bytes.length) return undefined
    at++
    if (length === 0) break
    labels.push(bytes.toString("latin1", at, at + length))
    at += length
  }
  if (at + 4 > bytes.length || at - HEADER_LENGTH > 255) return undefined
  return {
    id: bytes.readUInt16BE(0),
    recursionDesired: (flags & RECURSION_DESIRED) !== 0,
    question: {
      name: labels.join(".").toLowerCase(),
      type: bytes.readUInt16BE(at),
      bytes: bytes.subarray(HEADER_LENGTH, at + 4),
    },
    sizeMax: sizeMaxOf(bytes, at + 4),
  }
}

/** Says so in an extra record, which has the root as its name, and the size where others have a class. */
function sizeMaxOf(bytes: Buffer, at: number): number {
  if (bytes.readUInt16BE(10) === 0 || at + 11 > bytes.length || bytes[at] !== 0) return SIZE_MAX
  if (bytes.readUInt16BE(at + 1) !== OPT) return SIZE_MAX
  return Math.min(SIZE_MAX_EXTENDED, Math.max(SIZE_MAX, bytes.readUInt16BE(at + 3)))
}

/** What does not fit into `sizeMax` is left out, and the asker told so. */
export function encodeResponse(
  query: Query,
  code: number,
  answers: readonly Answer[],
  sizeMax = query.sizeMax,
): Buffer {
  const records = answers.map(encodeAnswer)
  let length = HEADER_LENGTH + query.question.bytes.length
  const fitting = records.filter((record) => {
    length += record.length
    return length <= sizeMax
  })
  const header = Buffer.alloc(HEADER_LENGTH)
  header.writeUInt16BE(query.id, 0)
  const asked = query.recursionDesired ? RECURSION_DESIRED : 0
  const cut = fitting.length < records.length ? TRUNCATED : 0
  header.writeUInt16BE(IS_RESPONSE | RECURSION_AVAILABLE | asked | cut | code, 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(fitting.length, 6)
  return Buffer.concat([header, query.question.bytes, ...fitting])
}

function encodeAnswer({ name, type, ttl, value }: Answer): Buffer {
  const data = encodeValue(type, value)
  const fixed = Buffer.alloc(10)
  fixed.writeUInt16BE(TYPES[type], 0)
  fixed.writeUInt16BE(CLASS_INTERNET, 2)
  fixed.writeUInt32BE(ttl, 4)
  fixed.writeUInt16BE(data.length, 8)
  return Buffer.concat([encodeName(name), fixed, data])
}

function encodeValue(type: AnswerType, value: string): Buffer {
  switch (type) {
    case "A":
    case "AAAA":
      return ipBytes(value)
    case "CNAME":
    case "PTR":
      return encodeName(value)
    case "TXT":
      return encodeTexts(value)
    case "SRV":
      return encodeService(value)
  }
}

/** As `priority weight port target`. */
function encodeService(value: string): Buffer {
  const [priority, weight, port, target = ""] = value.split(" ")
  const numbers = Buffer.alloc(6)
  for (const [index, text] of [priority, weight, port].entries()) numbers.writeUInt16BE(Number(text), index * 2)
  return Buffer.concat([numbers, encodeName(target)])
}

/** A text of any length is a row of short ones. */
function encodeTexts(value: string): Buffer {
  const bytes = Buffer.from(value)
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length || at === 0; at += 255) {
    const part = bytes.subarray(at, at + 255)
    parts.push(Buffer.of(part.length), part)
  }
  return Buffer.concat(parts)
}

export function encodeName(name: string): Buffer {
  const labels = name
    .replace(/\.$/, "")
    .split(".")
    .filter((label) => label !== "")
  return Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label, "latin1")])),
    Buffer.of(0),
  ])
}
