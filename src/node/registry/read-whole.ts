import { TryFailed } from "./retry.ts"
import type { Incoming } from "./transport.ts"

/** A small body in one piece; one that is larger than it may be is not read to its end. */
export async function readWhole({ body }: Incoming, sizeMax: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > sizeMax) throw new TryFailed("invalid", `the answer has more than ${sizeMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
