import type { Random } from "../../../world/world.ts"

/** A message in datagrams that pass every network whole; one that needs too many of them cannot be sent. */
export function chunksOf(message: Uint8Array, random: Random): readonly Uint8Array[] {
  if (message.length <= CHUNK_BYTES_MAX) return [message]
  const count = Math.ceil(message.length / PART_BYTES_MAX)
  if (count > CHUNKS_MAX) return []
  const id = random.bytes(8)
  return Array.from({ length: count }, (_, index) =>
    Buffer.concat([
      MAGIC,
      id,
      new Uint8Array([index, count]),
      message.subarray(index * PART_BYTES_MAX, (index + 1) * PART_BYTES_MAX),
    ]),
  )
}

const MAGIC = new Uint8Array([0x1e, 0x0f])
const CHUNK_BYTES_MAX = 1_420
const PART_BYTES_MAX = CHUNK_BYTES_MAX - 12
const CHUNKS_MAX = 128
