import { attributesIn, DUMP, decodeAttributes, type Message, text } from "./message.ts"

/** What packets have put into a set of nftables, and what was counted of each since. */
export interface CountedElement {
  /** As the kernel has it: each part fills whole words. */
  readonly key: Uint8Array
  readonly packets: number
  readonly bytes: number

  /** How long it stays when no other packet comes. */
  readonly expiresMs: number
}

const SUBSYSTEM = 10
const GET_ELEMENTS = (SUBSYSTEM << 8) | 13
const FAMILY_INET = 1
const HEADER_LENGTH = 4

const LIST_TABLE = 1
const LIST_SET = 2
const LIST_ELEMENTS = 3
const ELEMENT_KEY = 1
const ELEMENT_EXPIRATION = 5
const ELEMENT_EXPRESSION = 7
const DATA_VALUE = 1
const EXPRESSION_DATA = 2
const COUNTER_BYTES = 1
const COUNTER_PACKETS = 2

export function getElements(table: string, set: string): Message {
  return {
    type: GET_ELEMENTS,
    flags: DUMP,
    fixed: Buffer.of(FAMILY_INET, 0, 0, 0),
    attributes: [
      [LIST_TABLE, text(table)],
      [LIST_SET, text(set)],
    ],
  }
}

/** One answer holds any number of them. */
export function decodeElements(body: Buffer): CountedElement[] {
  const list = decodeAttributes(body.subarray(HEADER_LENGTH)).get(LIST_ELEMENTS)
  if (list === undefined) return []
  return [...attributesIn(list)].flatMap(([, element]) => decodeElement(element) ?? [])
}

/** Undefined for one that nothing is counted of. */
function decodeElement(element: Buffer): CountedElement | undefined {
  const parts = decodeAttributes(element)
  const [key, expression] = [parts.get(ELEMENT_KEY), parts.get(ELEMENT_EXPRESSION)]
  const value = key && decodeAttributes(key).get(DATA_VALUE)
  const data = expression && decodeAttributes(expression).get(EXPRESSION_DATA)
  if (value === undefined || data === undefined) return undefined
  const counter = decodeAttributes(data)
  return {
    key: Uint8Array.from(value),
    packets: number64(counter.get(COUNTER_PACKETS)),
    bytes: number64(counter.get(COUNTER_BYTES)),
    expiresMs: number64(parts.get(ELEMENT_EXPIRATION)),
  }
}

function number64(bytes: Buffer | undefined): number {
  return bytes === undefined ? 0 : Number(bytes.readBigUInt64BE(0))
}
