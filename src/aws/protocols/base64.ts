import { malformedFault } from "./malformed.ts"

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/** `Buffer` passes over what is not base64, which would make other bytes of a damaged value; so it is looked at first. */
export function readBase64(text: string): Uint8Array {
  if (text.length % 4 !== 0 || !BASE64.test(text)) throw malformedFault("Expected base64")
  // A copy of its own: a small Buffer is a view on a pool that it shares with others.
  return new Uint8Array(Buffer.from(text, "base64"))
}
