import { addressBytes } from "../ipv4.ts"
import { ACKNOWLEDGE, type Attributes, DUMP, decodeAttributes, type Message } from "./message.ts"

/** What we ask of the kernel about connections that it tracks, on a socket of the netfilter kind. */

const GET = 0x101
const DELETE = 0x102
const NESTED = 0x8000

const ORIGINAL = 1
const REPLY = 2
const TUPLE_ADDRESSES = 1
const TUPLE_PROTOCOL = 2
const ADDRESS_SOURCE = 1
const ADDRESS_DESTINATION = 2
const PROTOCOL_NUMBER = 1
const PROTOCOL_SOURCE_PORT = 2
const PROTOCOL_DESTINATION_PORT = 3

export const UDP = 17

/** One way of a connection; the other way is what is expected back, and differs where an address is translated. */
export interface Way {
  readonly protocol: number
  readonly source: string
  readonly destination: string
  readonly sourcePort: number
  readonly destinationPort: number
}

export interface Connection {
  readonly original: Way
  readonly reply: Way
}

export function getConnections(): Message {
  return { type: GET, flags: DUMP, fixed: header(), attributes: [] }
}

export function deleteConnection({ original }: Connection): Message {
  const nested: Attributes = [
    [
      TUPLE_ADDRESSES | NESTED,
      {
        nested: [
          [ADDRESS_SOURCE, addressBytes(original.source)],
          [ADDRESS_DESTINATION, addressBytes(original.destination)],
        ],
      },
    ],
    [
      TUPLE_PROTOCOL | NESTED,
      {
        nested: [
          [PROTOCOL_NUMBER, Buffer.of(original.protocol)],
          [PROTOCOL_SOURCE_PORT, port(original.sourcePort)],
          [PROTOCOL_DESTINATION_PORT, port(original.destinationPort)],
        ],
      },
    ],
  ]
  return { type: DELETE, flags: ACKNOWLEDGE, fixed: header(), attributes: [[ORIGINAL | NESTED, { nested }]] }
}

/** A connection of any protocol and either version, as `deleteListed` takes it. */
export interface ListedConnection {
  readonly protocol: number
  readonly source: Uint8Array

  /** Where it really goes: from where the answers come. */
  readonly destination: Uint8Array

  /** Zero for protocols without. */
  readonly destinationPort: number
  readonly icmpType?: number
  readonly icmpCode?: number

  /** Names it to the kernel, byte by byte as the kernel did. */
  readonly family: number
  readonly name: Uint8Array
}

export function getConnectionsOf(family: number): Message {
  return { type: GET, flags: DUMP, fixed: Buffer.of(family, 0, 0, 0), attributes: [] }
}

export function decodeListed(body: Buffer): ListedConnection | undefined {
  const attributes = decodeAttributes(body.subarray(HEADER_LENGTH))
  const [original, reply] = [attributes.get(ORIGINAL), attributes.get(REPLY)]
  if (original === undefined || reply === undefined) return undefined
  const sent = partsOf(original)
  const back = partsOf(reply)
  const source = addressOf(sent.addresses, ADDRESS_SOURCE)
  const destination = addressOf(back.addresses, ADDRESS_SOURCE)
  if (source === undefined || destination === undefined) return undefined
  const [icmpType, icmpCode] = [ICMP_TYPES, ICMP_CODES].map((numbers) =>
    numbers.map((number) => sent.protocol.get(number)?.[0]).find((value) => value !== undefined),
  )
  return {
    protocol: sent.protocol.get(PROTOCOL_NUMBER)?.[0] ?? 0,
    source: Uint8Array.from(source),
    destination: Uint8Array.from(destination),
    destinationPort: back.protocol.get(PROTOCOL_SOURCE_PORT)?.readUInt16BE(0) ?? 0,
    ...(icmpType !== undefined && { icmpType }),
    ...(icmpCode !== undefined && { icmpCode }),
    family: body[0]!,
    name: Uint8Array.from(original),
  }
}

export function deleteListed({ family, name }: Pick<ListedConnection, "family" | "name">): Message {
  const fixed = Buffer.of(family, 0, 0, 0)
  return { type: DELETE, flags: ACKNOWLEDGE, fixed, attributes: [[ORIGINAL | NESTED, name]] }
}

function partsOf(tuple: Buffer) {
  const parts = decodeAttributes(tuple)
  return {
    addresses: decodeAttributes(parts.get(TUPLE_ADDRESSES) ?? Buffer.alloc(0)),
    protocol: decodeAttributes(parts.get(TUPLE_PROTOCOL) ?? Buffer.alloc(0)),
  }
}

/** Addresses of version 6 have numbers of their own, two further. */
function addressOf(addresses: ReadonlyMap<number, Buffer>, number: number): Buffer | undefined {
  return addresses.get(number) ?? addresses.get(number + 2)
}

/** Of version 4 and of version 6. */
const ICMP_TYPES = [5, 8]
const ICMP_CODES = [6, 9]

/** Undefined for one of a protocol without ports. */
export function decodeConnection(body: Buffer): Connection | undefined {
  const attributes = decodeAttributes(body.subarray(HEADER_LENGTH))
  const original = decodeWay(attributes.get(ORIGINAL))
  const reply = decodeWay(attributes.get(REPLY))
  return original && reply && { original, reply }
}

function decodeWay(tuple: Buffer | undefined): Way | undefined {
  if (tuple === undefined) return undefined
  const parts = decodeAttributes(tuple)
  const addresses = decodeAttributes(parts.get(TUPLE_ADDRESSES) ?? Buffer.alloc(0))
  const protocol = decodeAttributes(parts.get(TUPLE_PROTOCOL) ?? Buffer.alloc(0))
  const source = addresses.get(ADDRESS_SOURCE)
  const destination = addresses.get(ADDRESS_DESTINATION)
  const sourcePort = protocol.get(PROTOCOL_SOURCE_PORT)
  const destinationPort = protocol.get(PROTOCOL_DESTINATION_PORT)
  if (!source || !destination || !sourcePort || !destinationPort) return undefined
  return {
    protocol: protocol.get(PROTOCOL_NUMBER)![0]!,
    source: source.join("."),
    destination: destination.join("."),
    sourcePort: sourcePort.readUInt16BE(0),
    destinationPort: destinationPort.readUInt16BE(0),
  }
}

const HEADER_LENGTH = 4

/** Of version 4 addresses. */
function header(): Buffer {
  return Buffer.of(2, 0, 0, 0)
}

function port(number: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(number)
  return bytes
}
