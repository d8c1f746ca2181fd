import { crc32 } from "node:zlib"
import type { NewBatch, StoredEvent } from "./event-store.ts"
import { EVENT_OVERHEAD_BYTES } from "./event-store.ts"

/**
 * The events of one PutLogEvents, as they stand in memory, in the log and in a segment's blocks: always the same bytes. A
 * batch is all there or not there at all.
 *
 *   magic, length of the rest, its checksum                          3 x 4 bytes
 *   sequence, time of ingestion, first time, last time               4 x 8 bytes
 *   count of events, bytes of text                                   2 x 4 bytes
 *   group and stream, each with its length before it
 *   for each event the time since the one before and the length of its message, as variable-length numbers
 *   all messages as one text
 *
 * Lengths count JavaScript's characters, so that the text is encoded and decoded in one go.
 */
export interface Batch {
  readonly group: string
  readonly stream: string
  readonly sequence: number
  readonly ingestedAt: number
  readonly first: number
  readonly last: number
  readonly count: number
  readonly textBytes: number

  /** The whole of it. */
  readonly bytes: Buffer

  /** Where the events' times and lengths begin. */
  readonly bodyAt: number
}

export const MAGIC = 0x67_6f_6c_42
export const HEAD_BYTES = 12
const FIXED_BYTES = 40

/** Bytes as AWS counts them. */
export function countedBytes({ textBytes, count }: Pick<Batch, "textBytes" | "count">): number {
  return textBytes + count * EVENT_OVERHEAD_BYTES
}

export function encodeBatch({ group, stream, ingestedAt, events }: NewBatch, sequence: number): Batch {
  const count = events.length
  const first = events[0]!.time
  const last = events[count - 1]!.time
  const text = count === 1 ? events[0]!.message : joined(events)
  const textBytes = Buffer.byteLength(text)
  const bodyAt = HEAD_BYTES + FIXED_BYTES + 2 + group.length + stream.length
  const room = Buffer.allocUnsafe(bodyAt + count * NUMBERS_BYTES_MAX + textBytes)

  let before = first
  let at = bodyAt
  for (const { time, message } of events) {
    at = writeNumber(room, at, time - before)
    at = writeNumber(room, at, message.length)
    before = time
  }
  at += room.write(text, at, textBytes)
  // Most of the room for numbers is not needed, and a batch is kept for a while.
  const bytes = at * 2 < room.length ? Buffer.from(room.subarray(0, at)) : room.subarray(0, at)

  bytes.writeUInt32LE(MAGIC, 0)
  bytes.writeUInt32LE(at - HEAD_BYTES, 4)
  bytes.writeDoubleLE(sequence, 12)
  bytes.writeDoubleLE(ingestedAt, 20)
  bytes.writeDoubleLE(first, 28)
  bytes.writeDoubleLE(last, 36)
  bytes.writeUInt32LE(count, 44)
  bytes.writeUInt32LE(textBytes, 48)
  writeName(bytes, writeName(bytes, HEAD_BYTES + FIXED_BYTES, group), stream)
  bytes.writeUInt32LE(crc32(bytes.subarray(HEAD_BYTES)), 8)
  return { group, stream, sequence, ingestedAt, first, last, count, textBytes, bytes, bodyAt }
}

/** Undefined where no whole and undamaged batch begins. */
export function readBatch(data: Buffer, at: number): Batch | undefined {
  if (at + HEAD_BYTES + FIXED_BYTES > data.length || data.readUInt32LE(at) !== MAGIC) return undefined
  const end = at + HEAD_BYTES + data.readUInt32LE(at + 4)
  if (end > data.length || end < at + HEAD_BYTES + FIXED_BYTES) return undefined
  if (crc32(data.subarray(at + HEAD_BYTES, end)) !== data.readUInt32LE(at + 8)) return undefined
  return viewBatch(data.subarray(at, end))
}

/** Every batch in what is known to be undamaged. */
export function readBatches(data: Buffer): Batch[] {
  const batches: Batch[] = []
  for (let at = 0; at < data.length; ) {
    const batch = viewBatch(data.subarray(at, at + HEAD_BYTES + data.readUInt32LE(at + 4)))
    batches.push(batch)
    at += batch.bytes.length
  }
  return batches
}

function viewBatch(bytes: Buffer): Batch {
  const groupAt = HEAD_BYTES + FIXED_BYTES
  const streamAt = groupAt + 1 + bytes[groupAt]!
  const bodyAt = streamAt + 1 + bytes[streamAt]!
  return {
    group: bytes.toString("latin1", groupAt + 1, streamAt),
    stream: bytes.toString("latin1", streamAt + 1, bodyAt),
    sequence: bytes.readDoubleLE(12),
    ingestedAt: bytes.readDoubleLE(20),
    first: bytes.readDoubleLE(28),
    last: bytes.readDoubleLE(36),
    count: bytes.readUInt32LE(44),
    textBytes: bytes.readUInt32LE(48),
    bytes,
    bodyAt,
  }
}

export function eventsOf({
  bytes,
  bodyAt,
  first,
  count,
  textBytes,
  sequence,
  ingestedAt,
  stream,
}: Batch): StoredEvent[] {
  const text = bytes.toString("utf8", bytes.length - textBytes)
  const events: StoredEvent[] = new Array(count)
  let time = first
  let begin = 0
  let at = bodyAt
  const number = () => {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = bytes[at++]!
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 0x80
    }
  }
  for (let index = 0; index < count; index++) {
    time += number()
    const end = begin + number()
    events[index] = { stream, time, ingestedAt, sequence, index, message: text.slice(begin, end) }
    begin = end
  }
  return events
}

/** A day in milliseconds has four bytes, as has the length of the longest message. */
const NUMBERS_BYTES_MAX = 10

function writeNumber(bytes: Buffer, at: number, number: number): number {
  let rest = number
  let next = at
  while (rest >= 0x80) {
    bytes[next++] = (rest & 0x7f) | 0x80
    rest = Math.floor(rest / 0x80)
  }
  bytes[next++] = rest
  return next
}

function writeName(bytes: Buffer, at: number, name: string): number {
  bytes[at] = name.length
  return at + 1 + bytes.write(name, at + 1, "latin1")
}

function joined(events: NewBatch["events"]): string {
  let text = ""
  for (const { message } of events) text += message
  return text
}
