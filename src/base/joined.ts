/**
 * Two strings with a space between. Whoever asks for the same two again gets the same string again: what is looked up
 * under it at every change is then neither put together nor hashed each time.
 */
export function joined(first: string, second: string): string {
  let made = known.get(first)
  if (made === undefined) {
    if (known.size >= FIRSTS_MAX) known.clear()
    made = new Map()
    known.set(first, made)
  }
  let text = made.get(second)
  if (text === undefined) {
    if (made.size >= SECONDS_MAX) made.clear()
    text = `${first} ${second}`
    made.set(second, text)
  }
  return text
}

const known = new Map<string, Map<string, string>>()

/** What is not remembered is put together, so nothing depends on how much that is. */
const FIRSTS_MAX = 1_000
const SECONDS_MAX = 100
