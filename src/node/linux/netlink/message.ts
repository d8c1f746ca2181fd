/**
 * How netlink writes things: a message is a header, a fixed part that depends on its type, and attributes, each of a
 * length, a number and a value, which may again be attributes. Numbers are in the order of the machine, and every
 * machine that Node supports has the low byte first.
 */
export interface Message {
  readonly type: number
  readonly flags: number
  readonly fixed: Uint8Array
  readonly attributes: Attributes
}

/** By number; what is undefined is left out. */
export type Attributes = readonly (readonly [number: number, value: Value | undefined])[]

/** `fixed` stands before the nested attributes of the few that have something there. */
export type Value = Uint8Array | { readonly fixed?: Uint8Array; readonly nested: Attributes }

const HEADER_LENGTH = 16
const ATTRIBUTE_HEADER_LENGTH = 4

export const REQUEST = 0x001
export const ACKNOWLEDGE = 0x004
export const REPLACE = 0x100
export const EXCLUSIVE = 0x200
export const CREATE = 0x400
export const DUMP = 0x300

const ERROR = 2
const DONE = 3

export function encode(message: Message, sequence: number): Buffer {
  const body = [message.fixed, padding(message.fixed.length), ...attributeParts(message.attributes)]
  const header = Buffer.alloc(HEADER_LENGTH)
  header.writeUInt32LE(HEADER_LENGTH + lengthOf(body), 0)
  header.writeUInt16LE(message.type, 4)
  header.writeUInt16LE(message.flags | REQUEST, 6)
  header.writeUInt32LE(sequence, 8)
  return Buffer.concat([header, ...body])
}

function attributeParts(attributes: Attributes): Uint8Array[] {
  return attributes.flatMap(([number, value]) => {
    if (value === undefined) return []
    const parts = value instanceof Uint8Array ? [value] : nestedParts(value)
    const length = lengthOf(parts)
    const header = Buffer.alloc(ATTRIBUTE_HEADER_LENGTH)
    // The length leaves out what rounds it up.
    header.writeUInt16LE(ATTRIBUTE_HEADER_LENGTH + length, 0)
    header.writeUInt16LE(number, 2)
    return [header, ...parts, padding(length)]
  })
}

function nestedParts({ fixed, nested }: Exclude<Value, Uint8Array>): Uint8Array[] {
  const parts = attributeParts(nested)
  return fixed === undefined ? parts : [fixed, padding(fixed.length), ...parts]
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0)
}

function aligned(length: number): number {
  return (length + 3) & ~3
}

function padding(length: number): Uint8Array {
  return new Uint8Array(aligned(length) - length)
}

export type Reply =
  | { readonly kind: "message"; readonly sequence: number; readonly type: number; readonly body: Buffer }

  /** Zero is none. */
  | { readonly kind: "acknowledged"; readonly sequence: number; readonly errno: number }
  | { readonly kind: "done"; readonly sequence: number }

/** One read from the socket holds any number of messages. */
export function decode(bytes: Buffer): Reply[] {
  const replies: Reply[] = []
  for (let at = 0; at + HEADER_LENGTH <= bytes.length; ) {
    const length = bytes.readUInt32LE(at)
    if (length < HEADER_LENGTH || at + length > bytes.length) break
    const type = bytes.readUInt16LE(at + 4)
    const sequence = bytes.readUInt32LE(at + 8)
    const body = bytes.subarray(at + HEADER_LENGTH, at + length)
    if (type === ERROR) replies.push({ kind: "acknowledged", sequence, errno: -body.readInt32LE(0) })
    else if (type === DONE) replies.push({ kind: "done", sequence })
    else replies.push({ kind: "message", sequence, type, body })
    at += aligned(length)
  }
  return replies
}

/** The last of each number, which is all there is of most. */
export function decodeAttributes(bytes: Buffer): ReadonlyMap<number, Buffer> {
  return new Map(attributesIn(bytes))
}

export function* attributesIn(bytes: Buffer): Iterable<[number: number, value: Buffer]> {
  for (let at = 0; at + ATTRIBUTE_HEADER_LENGTH <= bytes.length; ) {
    const length = bytes.readUInt16LE(at)
    if (length < ATTRIBUTE_HEADER_LENGTH || at + length > bytes.length) break
    // The upper two bits say something about the value, and do not belong to the number.
    const number = bytes.readUInt16LE(at + 2) & 0x3fff
    yield [number, bytes.subarray(at + ATTRIBUTE_HEADER_LENGTH, at + length)]
    at += aligned(length)
  }
}

export function text(value: string): Buffer {
  return Buffer.from(`${value}\0`)
}

export function number32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
