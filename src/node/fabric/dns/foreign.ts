import { encodeName, TYPES } from "./message.ts"

/**
 * The answers in a message of another resolver, each to stand in any other message: there names may point to names by
 * their place, so they are written out. Of kinds whose values hold names in ways we do not know, nothing is taken over.
 */
export function answersIn(bytes: Buffer): Buffer[] {
  try {
    return read(bytes)
  } catch {
    // It is cut off, or points beyond itself.
    return []
  }
}

function read(bytes: Buffer): Buffer[] {
  let at = HEADER_LENGTH
  for (let left = bytes.readUInt16BE(4); left > 0; left--) at = readName(bytes, at).end + 4
  const answers: Buffer[] = []
  for (let left = bytes.readUInt16BE(6); left > 0; left--) {
    const { name, end } = readName(bytes, at)
    const type = bytes.readUInt16BE(end)
    const length = bytes.readUInt16BE(end + 8)
    const value = end + 10
    if (value + length > bytes.length) return answers
    at = value + length
    const data = type === TYPES.CNAME ? encodeName(readName(bytes, value).name) : bytes.subarray(value, at)
    if (!TAKEN.has(type)) continue
    const fixed = Buffer.from(bytes.subarray(end, value))
    fixed.writeUInt16BE(data.length, 8)
    answers.push(Buffer.concat([encodeName(name), fixed, data]))
  }
  return answers
}

const HEADER_LENGTH = 12
const TAKEN: ReadonlySet<number> = new Set([TYPES.A, TYPES.AAAA, TYPES.CNAME, TYPES.TXT])

function readName(bytes: Buffer, from: number): { readonly name: string; readonly end: number } {
  const labels: string[] = []
  let at = from
  let end: number | undefined
  for (let steps = 0; steps < STEPS_MAX; steps++) {
    const length = bytes.readUInt8(at)
    if (length >= IS_POINTER) {
      end ??= at + 2
      at = bytes.readUInt16BE(at) & 0x3fff
      continue
    }
    at++
    if (length === 0) return { name: labels.join("."), end: end ?? at }
    labels.push(bytes.toString("latin1", at, at + length))
    at += length
  }
  throw new Error("a name without an end")
}

const IS_POINTER = 0xc0
const STEPS_MAX = 256
