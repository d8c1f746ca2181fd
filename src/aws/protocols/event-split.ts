import { malformedFault } from "./malformed.ts"

/** The longest message that the format allows, with its headers. */
const MESSAGE_BYTES_MAX = 16 * 1024 * 1024 + 128 * 1024

/** Two lengths and two checksums stand around every message, however short. */
const MESSAGE_BYTES_MIN = 16

/** Cuts a stream of bytes, however it was packed, into the event messages that it consists of. */
export async function* splitMessages(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  let parts: Uint8Array[] = []
  let arrived = 0
  let wanted = 4

  for await (const part of body) {
    parts.push(part)
    arrived += part.length
    if (arrived < wanted) continue

    let rest = parts.length === 1 ? parts[0]! : Buffer.concat(parts, arrived)
    while (rest.length >= 4) {
      wanted = messageLength(rest)
      if (rest.length < wanted) break
      yield rest.subarray(0, wanted)
      rest = rest.subarray(wanted)
      wanted = 4
    }
    parts = [rest]
    arrived = rest.length
  }
  if (arrived > 0) throw malformedFault("The event stream ended within a message")
}

function messageLength(bytes: Uint8Array): number {
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0)
  if (length < MESSAGE_BYTES_MIN || length > MESSAGE_BYTES_MAX) {
    throw malformedFault("A message of the event stream has an impossible length")
  }
  return length
}
