import { asStream, type Body } from "../../../aws/http.ts"
import { RegistryRefusal } from "./refusal.ts"

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
