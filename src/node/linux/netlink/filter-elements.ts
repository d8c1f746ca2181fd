import { ipBytes } from "../ip.ts"
import { macBytes } from "./entries.ts"
import { ACKNOWLEDGE, type Attributes, CREATE, type Message, text, type Value } from "./message.ts"

/**
 * Elements of the sets and maps of nftables, put in and taken out without its library: that reads all that there is
 * before it changes anything, which takes longer the more there is.
 */
export interface ElementEdit {
  readonly set: string

  /** As nftables writes it, as in `ifname . ether_addr . ipv4_addr` or `ifname : verdict`. */
  readonly type: string
  readonly remove: readonly string[]
  readonly add: readonly (readonly [key: string, value: string | undefined])[]
}

const SUBSYSTEM = 10
const NEW_ELEMENTS = (SUBSYSTEM << 8) | 12
const DELETE_ELEMENTS = (SUBSYSTEM << 8) | 14
const BATCH_BEGIN = 0x10
const BATCH_END = 0x11
const NESTED = 0x8000
const FAMILY_INET = 1

const LIST_TABLE = 1
const LIST_SET = 2
const LIST_ELEMENTS = 3
const ELEMENT = 1
const ELEMENT_KEY = 1
const ELEMENT_DATA = 2
const DATA_VALUE = 1
const DATA_VERDICT = 2
const VERDICT_CODE = 1
const VERDICT_CHAIN = 2
const VERDICTS: Readonly<Record<string, number>> = { jump: -3, goto: -4 }

/** All of it takes effect at once, or nothing does. Every message but the first and the last is answered. */
export function editElements(table: string, edits: readonly ElementEdit[]): Message[] {
  const messages = edits.flatMap(({ set, type, remove, add }) => {
    const [keyType = "", valueType] = type.split(" : ")
    const keyOf = (key: string): [number, Value] => [
      ELEMENT_KEY | NESTED,
      { nested: [[DATA_VALUE, encodeKey(keyType, key)]] },
    ]
    const removed = remove.map((key): Attributes => [keyOf(key)])
    const added = add.map(([key, value]): Attributes => {
      if (value === undefined || valueType === undefined) return [keyOf(key)]
      return [keyOf(key), [ELEMENT_DATA | NESTED, { nested: encodeValue(valueType, value) }]]
    })
    return [
      ...(removed.length > 0 ? [elementsMessage(DELETE_ELEMENTS, 0, table, set, removed)] : []),
      ...(added.length > 0 ? [elementsMessage(NEW_ELEMENTS, CREATE, table, set, added)] : []),
    ]
  })
  return [batch(BATCH_BEGIN), ...messages, batch(BATCH_END)]
}

function elementsMessage(
  type: number,
  flags: number,
  table: string,
  set: string,
  elements: readonly Attributes[],
): Message {
  return {
    type,
    flags: ACKNOWLEDGE | flags,
    fixed: Buffer.of(FAMILY_INET, 0, 0, 0),
    attributes: [
      [LIST_TABLE, text(table)],
      [LIST_SET, text(set)],
      [LIST_ELEMENTS | NESTED, { nested: elements.map((element) => [ELEMENT | NESTED, { nested: element }] as const) }],
    ],
  }
}

function batch(type: number): Message {
  return { type, flags: 0, fixed: Buffer.of(0, 0, 0, SUBSYSTEM), attributes: [] }
}

/** Each part of a key fills whole words. */
export function encodeKey(type: string, key: string): Buffer {
  const parts = key.split(" . ")
  return Buffer.concat(
    type.split(" . ").map((part, index) => {
      const bytes = encodePart(part, parts[index] ?? "")
      return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)])
    }),
  )
}

function encodePart(type: string, value: string): Buffer {
  if (type === "ifname") {
    const name = Buffer.alloc(16)
    name.write(value.replaceAll('"', ""))
    return name
  }
  return type === "ether_addr" ? macBytes(value) : ipBytes(value)
}

function encodeValue(type: string, value: string): Attributes {
  if (type === "mark") {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(Number(value))
    return [[DATA_VALUE, bytes]]
  }
  if (type !== "verdict") return [[DATA_VALUE, ipBytes(value)]]
  const [verdict = "", chain = ""] = value.split(" ")
  const code = Buffer.alloc(4)
  code.writeInt32BE(VERDICTS[verdict] ?? 0)
  const nested: Attributes = [
    [VERDICT_CODE, code],
    [VERDICT_CHAIN, text(chain)],
  ]
  return [[DATA_VERDICT | NESTED, { nested }]]
}
