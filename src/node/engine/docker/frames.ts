/** A piece of what a process said, as Docker sends it where both streams share a connection. */
export interface Frame {
  readonly stream: "stdout" | "stderr"
  readonly bytes: Buffer
}

/** Takes apart a stream of frames, each with a head of eight bytes: which stream, and how long. */
export async function* framesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  let rest = Buffer.alloc(0)
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk])
    let at = 0
    while (rest.length - at >= HEAD_BYTES) {
      const length = rest.readUInt32BE(at + 4)
      if (rest.length - at < HEAD_BYTES + length) break
      const begin = at + HEAD_BYTES
      yield { stream: rest[at] === 2 ? "stderr" : "stdout", bytes: rest.subarray(begin, begin + length) }
      at = begin + length
    }
    rest = rest.subarray(at)
  }
}

/**
 * Takes apart what Docker sends of a terminal with timestamps: no frames, but lines, each behind its time. A line that is
 * too long for Docker comes in parts of a known length, each behind its time as well.
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  let rest = Buffer.alloc(0)
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk])
    for (let length = lineLength(rest); length > 0; length = lineLength(rest)) {
      yield { stream: "stdout", bytes: rest.subarray(0, length) }
      rest = rest.subarray(length)
    }
  }
  if (rest.length > 0) yield { stream: "stdout", bytes: rest }
}

/** Zero for one that is not all there yet. */
function lineLength(bytes: Buffer): number {
  const head = bytes.indexOf(" ") + 1
  if (head === 0) return 0
  const end = bytes.subarray(0, head + PART_BYTES).indexOf("\n") + 1
  return end > 0 ? end : bytes.length >= head + PART_BYTES ? head + PART_BYTES : 0
}

const HEAD_BYTES = 8
const PART_BYTES = 16_384
