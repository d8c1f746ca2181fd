import { gunzipSync } from "node:zlib"
import { CommonFault } from "./common-fault.ts"
import type { Body, HttpRequest } from "./http.ts"

/**
 * Puts the bodies together that an operation takes whole. Nobody has been asked who they are yet, so what strangers put
 * into memory has a bound, for each and for all of them together.
 */
export class Gathering {
  readonly #bytesMax: number
  #bytes = 0

  constructor(bytesMax = 512 * 2 ** 20) {
    this.#bytesMax = bytesMax
  }

  /** At once for a body that is there; a promise for one that is still arriving. */
  whole(body: Body, bytesMax: number): Uint8Array | Promise<Uint8Array> {
    if (!(body instanceof Uint8Array)) return this.#gather(body, bytesMax)
    if (body.length > bytesMax) throw tooLarge(bytesMax)
    return body
  }

  async #gather(body: AsyncIterable<Uint8Array>, bytesMax: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    let length = 0
    try {
      for await (const part of body) {
        length += part.length
        this.#bytes += part.length
        if (length > bytesMax) throw tooLarge(bytesMax)
        if (this.#bytes > this.#bytesMax)
          throw new CommonFault("unavailable", "Too much is arriving at once. Try again.")
        parts.push(part)
      }
      return parts.length === 1 ? parts[0]! : Buffer.concat(parts, length)
    } finally {
      this.#bytes -= length
    }
  }
}

/** Some clients compress their larger requests. Signatures are over what was sent, so this comes after them. */
export function unpacked({ headers }: HttpRequest, body: Uint8Array, bytesMax: number): Uint8Array {
  if (headers["content-encoding"] !== "gzip") return body
  try {
    return gunzipSync(body, { maxOutputLength: bytesMax })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(bytesMax)
    throw new CommonFault("malformedBody", "The body is not the gzip that its headers say it is.")
  }
}

function tooLarge(bytesMax: number): CommonFault {
  return new CommonFault("tooLarge", `The request is larger than ${bytesMax} bytes.`)
}
