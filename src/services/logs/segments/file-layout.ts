import { crc32 } from "node:zlib"

/**
 * What the files of a directory of events are called. Logs are numbered; a segment is named for the logs whose events it
 * holds, from the first to the last, so that the names alone tell which file has taken the place of which others.
 */
export interface LogName {
  readonly name: string
  readonly number: number
}

export interface SegmentName {
  readonly name: string
  readonly from: number
  readonly to: number

  /** Higher than that of each segment that it was made of. */
  readonly generation: number
}

export function logName(number: number): string {
  return `${digits(number)}.log`
}

export function segmentName({ from, to, generation }: Omit<SegmentName, "name">): string {
  return `${digits(from)}-${digits(to)}-${generation}.segment`
}

/** A file that is still being written; found at a start, it is of no use. */
export const DRAFT = ".draft"

/** What is kept of a file that cannot be read, for people to look at. */
export const DAMAGED = ".damaged"

export function parseLogName(name: string): LogName | undefined {
  const found = /^(\d{10})\.log$/.exec(name)
  return found === null ? undefined : { name, number: Number(found[1]) }
}

export function parseSegmentName(name: string): SegmentName | undefined {
  const found = /^(\d{10})-(\d{10})-(\d+)\.segment$/.exec(name)
  if (found === null) return undefined
  const [from, to, generation] = found.slice(1).map(Number) as [number, number, number]
  return { name, from, to, generation }
}

function digits(number: number): string {
  return String(number).padStart(10, "0")
}

/** A run of bytes with its length and checksum before it. */
export interface Piece {
  readonly offset: number

  /** With its head. */
  readonly length: number
}

export const PIECE_HEAD_BYTES = 8

export function pieceOf(content: Buffer): Buffer {
  const piece = Buffer.allocUnsafe(PIECE_HEAD_BYTES + content.length)
  piece.writeUInt32LE(content.length, 0)
  piece.writeUInt32LE(crc32(content), 4)
  content.copy(piece, PIECE_HEAD_BYTES)
  return piece
}

/** Undefined for what is damaged. */
export function contentOf(piece: Buffer): Buffer | undefined {
  if (piece.length < PIECE_HEAD_BYTES || piece.readUInt32LE(0) !== piece.length - PIECE_HEAD_BYTES) return undefined
  const content = piece.subarray(PIECE_HEAD_BYTES)
  return crc32(content) === piece.readUInt32LE(4) ? content : undefined
}

/** What a segment says of itself: its groups, and where in it their indexes are. */
export interface Directory {
  readonly groups: readonly GroupEntry[]

  /** The highest of any batch in it. */
  readonly sequence: number
}

export interface GroupEntry {
  readonly id: string
  readonly first: number
  readonly last: number

  /** As AWS counts its events. */
  readonly counted: number

  /** On disk. */
  readonly stored: number
  readonly index: Piece
}

/** Of one group in one segment. */
export interface GroupIndex {
  readonly streams: readonly StreamEntry[]
  readonly blocks: readonly BlockEntry[]
}

export interface StreamEntry {
  readonly id: string
  readonly first: number
  readonly last: number
  readonly ingestedAt: number
}

export interface BlockEntry extends Piece {
  readonly first: number
  readonly last: number
  readonly counted: number

  /** Whose events are in it, by their places in the list of streams. */
  readonly streams: readonly number[]
}

/** A segment as it lies on disk. */
export interface SegmentInfo extends SegmentName {
  readonly bytes: number
  readonly directory: Directory
}

/** Ends every segment: where its directory is, and that it was written to its end. */
export const TRAILER_BYTES = 24
const TRAILER_MARK = "HPEVENT1"

export function trailerOf({ offset, length }: Piece): Buffer {
  const trailer = Buffer.alloc(TRAILER_BYTES)
  trailer.writeDoubleLE(offset, 0)
  trailer.writeUInt32LE(length, 8)
  trailer.writeUInt32LE(crc32(trailer.subarray(0, 12)), 12)
  trailer.write(TRAILER_MARK, 16, "latin1")
  return trailer
}

export function parseTrailer(trailer: Buffer): Piece | undefined {
  if (trailer.length !== TRAILER_BYTES || trailer.toString("latin1", 16) !== TRAILER_MARK) return undefined
  if (crc32(trailer.subarray(0, 12)) !== trailer.readUInt32LE(12)) return undefined
  return { offset: trailer.readDoubleLE(0), length: trailer.readUInt32LE(8) }
}
