import { asStream, type Body } from "../../../aws/http.ts"
import { RegistryRefusal } from "./refusal.ts"

/**
 * What arrives piece by piece, each good until the next one is asked for. The memory of one is given back at once: a large push
 * leaves so much of it behind that collecting it would take as long as writing it down.
 */
export async function* passingBy(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    yield piece
    const { buffer } = piece
    if (buffer instanceof ArrayBuffer && buffer.byteLength === piece.length) buffer.transfer(0)
  }
}

/** A body that has to be there as a whole, and is small. */
export async function gathered(body: Body, bytesMax: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of asStream(body)) {
    length += part.length
    if (length > bytesMax) throw new RegistryRefusal(413, "SIZE_INVALID", `A manifest has at most ${bytesMax} bytes.`)
    parts.push(part)
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts, length)
}
