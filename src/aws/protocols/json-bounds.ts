import { malformedFault } from "./malformed.ts"

/**
 * Refuses, before anything is made of it, a text that nests deeper or names more than any operation takes: JavaScript's
 * own parser has no bound and would hold everybody else up. Whether the rest is JSON is for that parser to say.
 */
export function refuseBombs(body: Uint8Array): void {
  // Where so little comes, nothing of it can take long.
  if (body.length < HARMLESS_BYTES) return
  let depth = 0
  let names = 0
  for (let at = 0; at < body.length; at++) {
    switch (body[at]) {
      case QUOTE:
        at = endOfString(body, at)
        break
      case OPENING_BRACKET:
      case OPENING_BRACE:
        if (++depth > DEPTH_MAX) throw malformedFault("The value is nested too deeply")
        break
      case CLOSING_BRACKET:
      case CLOSING_BRACE:
        depth--
        break
      case COLON:
        if (++names > NAMES_MAX) throw malformedFault("The request body holds too many values")
        break
    }
  }
}

/** Where the quote that ends it stands, or the end of the text. */
function endOfString(body: Uint8Array, start: number): number {
  for (let at = start + 1; at < body.length; at++) {
    if (body[at] === BACKSLASH) at++
    else if (body[at] === QUOTE) return at
  }
  return body.length
}

const HARMLESS_BYTES = 64 * 2 ** 10
const DEPTH_MAX = 256
const NAMES_MAX = 50_000

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const OPENING_BRACKET = 0x5b
const CLOSING_BRACKET = 0x5d
const OPENING_BRACE = 0x7b
const CLOSING_BRACE = 0x7d
