import { bitsOf, canonicalPrefix, type Family, familyOf, formatIp, ipBytes, parsePrefix } from "../ip.ts"
import { ACKNOWLEDGE, CREATE, DUMP, decodeAttributes, EXCLUSIVE, type Message, number32, REPLACE } from "./message.ts"

/**
 * What a namespace that routes is made of besides its links, of both versions, each entry as one flat record. The same
 * record is wanted, read back from the kernel, and taken away, so wanted and found can be compared.
 */
export type Entry = AddressEntry | RouteEntry | NeighbourEntry | ForwardingEntry | RuleEntry

export interface AddressEntry {
  readonly kind: "address"
  readonly link: string
  readonly address: string
  readonly prefixLength: number
}

export interface RouteEntry {
  readonly kind: "route"
  readonly table: number

  /** As `0.0.0.0/0`. */
  readonly destination: string
  readonly type: "unicast" | "unreachable" | "blackhole"
  readonly link?: string | undefined

  /** Is taken to be on the link. */
  readonly gateway?: string | undefined
}

/** Known for good: nobody is asked. */
export interface NeighbourEntry {
  readonly kind: "neighbour"
  readonly link: string
  readonly address: string
  readonly mac: string
}

/** Behind which machine a MAC address of a VXLAN is. */
export interface ForwardingEntry {
  readonly kind: "forwarding"
  readonly link: string
  readonly mac: string
  readonly to: string
}

/** Packets with the mark look into the table when the main one has no answer. */
export interface RuleEntry {
  readonly kind: "rule"
  readonly family: Family
  readonly mark: number
  readonly table: number
}

export function keyOf(entry: Entry): string {
  switch (entry.kind) {
    case "address":
      return `address ${entry.link} ${entry.address}/${entry.prefixLength}`
    case "route":
      return `route ${entry.table} ${entry.destination} ${entry.type} ${entry.link ?? ""} ${entry.gateway ?? ""}`
    case "neighbour":
      return `neighbour ${entry.link} ${entry.address} ${entry.mac}`
    case "forwarding":
      return `forwarding ${entry.link} ${entry.mac} ${entry.to}`
    case "rule":
      return `rule ${entry.family} ${entry.mark} ${entry.table}`
  }
}

const NEW_ADDRESS = 20
const GET_ADDRESS = 22
const NEW_ROUTE = 24
const GET_ROUTE = 26
const NEW_NEIGHBOUR = 28
const GET_NEIGHBOUR = 30
const NEW_RULE = 32
const GET_RULE = 34
/** The type of what takes away is the one after that of what adds. */
const DELETE = 1

const AF_INET = 2
const AF_INET6 = 10
const AF_BRIDGE = 7

export const ROUTE_TABLE_MAIN = 254

/** Marks our routes, so that we never take away those of others. */
const ROUTE_PROTOCOL = 72
const ROUTE_TYPES = { unicast: 1, blackhole: 6, unreachable: 7 } as const
const ROUTE_ON_LINK = 4
const SCOPE_LINK = 253

const ADDRESS_NO_DUPLICATE_DETECTION = 0x02
const ADDRESS_NO_PREFIX_ROUTE = 0x200

const NEIGHBOUR_PERMANENT = 0x80
const NEIGHBOUR_SELF = 0x02

/** After the main table, whose rule has 32766. */
const RULE_PRIORITY = 33_000
const RULE_TO_TABLE = 1

/** Links are known by name where an entry is written down, and by number in the kernel. */
export function addEntry(entry: Entry, indexOf: (link: string) => number): Message {
  return { ...body(entry, indexOf), type: typeOf(entry), flags: ACKNOWLEDGE | CREATE | flagsOf(entry) }
}

export function removeEntry(entry: Entry, indexOf: (link: string) => number): Message {
  return { ...body(entry, indexOf), type: typeOf(entry) + DELETE, flags: ACKNOWLEDGE }
}

function typeOf({ kind }: Entry): number {
  if (kind === "address") return NEW_ADDRESS
  if (kind === "route") return NEW_ROUTE
  return kind === "rule" ? NEW_RULE : NEW_NEIGHBOUR
}

/** What has a key of its own in the kernel is replaced when its value is another one. */
function flagsOf({ kind }: Entry): number {
  return kind === "address" || kind === "rule" ? EXCLUSIVE : REPLACE
}

function body(entry: Entry, indexOf: (link: string) => number): Pick<Message, "fixed" | "attributes"> {
  switch (entry.kind) {
    case "address":
      return addressBody(entry, indexOf(entry.link))
    case "route":
      return routeBody(entry, entry.link === undefined ? undefined : indexOf(entry.link))
    case "neighbour":
      return {
        fixed: neighbourHeader(familyNumber(familyOf(entry.address)), indexOf(entry.link), 0),
        attributes: [
          [1, ipBytes(entry.address)],
          [2, macBytes(entry.mac)],
        ],
      }
    case "forwarding":
      return {
        fixed: neighbourHeader(AF_BRIDGE, indexOf(entry.link), NEIGHBOUR_SELF),
        attributes: [
          [1, ipBytes(entry.to)],
          [2, macBytes(entry.mac)],
        ],
      }
    case "rule":
      return ruleBody(entry)
  }
}

function addressBody({ address, prefixLength }: AddressEntry, index: number): Pick<Message, "fixed" | "attributes"> {
  const fixed = Buffer.alloc(8)
  fixed[0] = familyNumber(familyOf(address))
  fixed[1] = prefixLength
  fixed[2] = ADDRESS_NO_DUPLICATE_DETECTION
  fixed.writeUInt32LE(index, 4)
  const bytes = ipBytes(address)
  const flags = ADDRESS_NO_DUPLICATE_DETECTION | (prefixLength < bitsOf(address) - 1 ? ADDRESS_NO_PREFIX_ROUTE : 0)
  return {
    fixed,
    attributes: [
      [1, bytes],
      [2, bytes],
      [8, number32(flags)],
    ],
  }
}

function routeBody(route: RouteEntry, link: number | undefined): Pick<Message, "fixed" | "attributes"> {
  const { address, length } = parsePrefix(route.destination)
  const fixed = Buffer.alloc(12)
  fixed[0] = familyNumber(familyOf(address))
  fixed[1] = length
  // The number of the table is an attribute, as it may not fit here.
  fixed[5] = ROUTE_PROTOCOL
  fixed[6] = route.type === "unicast" && route.gateway === undefined ? SCOPE_LINK : 0
  fixed[7] = ROUTE_TYPES[route.type]
  if (route.gateway !== undefined) fixed.writeUInt32LE(ROUTE_ON_LINK, 8)
  return {
    fixed,
    attributes: [
      [1, length === 0 ? undefined : ipBytes(address)],
      [4, link === undefined ? undefined : number32(link)],
      [5, route.gateway === undefined ? undefined : ipBytes(route.gateway)],
      [15, number32(route.table)],
    ],
  }
}

function ruleBody({ family, mark, table }: RuleEntry): Pick<Message, "fixed" | "attributes"> {
  const fixed = Buffer.alloc(12)
  fixed[0] = familyNumber(family)
  fixed[7] = RULE_TO_TABLE
  return {
    fixed,
    attributes: [
      [6, number32(RULE_PRIORITY)],
      [10, number32(mark)],
      [15, number32(table)],
    ],
  }
}

function neighbourHeader(family: number, index: number, flags: number): Buffer {
  const fixed = Buffer.alloc(12)
  fixed[0] = family
  fixed.writeInt32LE(index, 4)
  fixed.writeUInt16LE(NEIGHBOUR_PERMANENT, 8)
  fixed[10] = flags
  return fixed
}

/** Each asks for one kind, of both versions; forwarding entries are a kind of their own. */
export function getEntries(): readonly Message[] {
  const ask = (type: number, family: number, length: number): Message => {
    const fixed = Buffer.alloc(length)
    fixed[0] = family
    return { type, flags: DUMP, fixed, attributes: [] }
  }
  return [
    ...[AF_INET, AF_INET6].flatMap((family) => [
      ask(GET_ADDRESS, family, 8),
      ask(GET_ROUTE, family, 12),
      ask(GET_NEIGHBOUR, family, 12),
      ask(GET_RULE, family, 12),
    ]),
    ask(GET_NEIGHBOUR, AF_BRIDGE, 12),
  ]
}

/** Undefined for what the kernel or somebody else has put there. */
export function decodeEntry(type: number, bytes: Buffer, nameOf: (index: number) => string): Entry | undefined {
  switch (type) {
    case NEW_ADDRESS:
      return decodeAddress(bytes, nameOf)
    case NEW_ROUTE:
      return decodeRoute(bytes, nameOf)
    case NEW_NEIGHBOUR:
      return decodeNeighbour(bytes, nameOf)
    case NEW_RULE:
      return decodeRule(bytes)
    default:
      return undefined
  }
}

function decodeAddress(bytes: Buffer, nameOf: (index: number) => string): AddressEntry | undefined {
  const attributes = decodeAttributes(bytes.subarray(8))
  const value = attributes.get(2) ?? attributes.get(1)
  if (value === undefined) return undefined
  const address = formatIp(value)
  const isKernels = address.startsWith("127.") || address === "::1" || address.startsWith("fe80:")
  if (isKernels) return undefined
  return { kind: "address", link: nameOf(bytes.readUInt32LE(4)), address, prefixLength: bytes[1]! }
}

function decodeRoute(bytes: Buffer, nameOf: (index: number) => string): RouteEntry | undefined {
  const type = Object.entries(ROUTE_TYPES).find(([, number]) => number === bytes[7])?.[0]
  if (bytes[5] !== ROUTE_PROTOCOL || type === undefined) return undefined
  const attributes = decodeAttributes(bytes.subarray(12))
  const zero = bytes[0] === AF_INET6 ? Buffer.alloc(16) : Buffer.alloc(4)
  const link = attributes.get(4)?.readUInt32LE(0)
  const gateway = attributes.get(5)
  const unicast = type === "unicast"
  return {
    kind: "route",
    table: attributes.get(15)?.readUInt32LE(0) ?? bytes[4]!,
    destination: canonicalPrefix(`${formatIp(attributes.get(1) ?? zero)}/${bytes[1]}`),
    type: type as RouteEntry["type"],
    // Of version 6, what leads nowhere has the loopback as its link.
    link: unicast && link !== undefined ? nameOf(link) : undefined,
    gateway: gateway && formatIp(gateway),
  }
}

function decodeNeighbour(bytes: Buffer, nameOf: (index: number) => string): Entry | undefined {
  const attributes = decodeAttributes(bytes.subarray(12))
  const [destination, mac] = [attributes.get(1), attributes.get(2)]
  if (destination === undefined || mac === undefined) return undefined
  const link = nameOf(bytes.readInt32LE(4))
  if (bytes[0] === AF_BRIDGE) return { kind: "forwarding", link, mac: macText(mac), to: formatIp(destination) }
  if ((bytes.readUInt16LE(8) & NEIGHBOUR_PERMANENT) === 0) return undefined
  return { kind: "neighbour", link, address: formatIp(destination), mac: macText(mac) }
}

function decodeRule(bytes: Buffer): RuleEntry | undefined {
  const attributes = decodeAttributes(bytes.subarray(12))
  const mark = attributes.get(10)?.readUInt32LE(0)
  if (attributes.get(6)?.readUInt32LE(0) !== RULE_PRIORITY || mark === undefined) return undefined
  const table = attributes.get(15)?.readUInt32LE(0) ?? bytes[4]!
  return { kind: "rule", family: bytes[0] === AF_INET6 ? 6 : 4, mark, table }
}

function familyNumber(family: Family): number {
  return family === 4 ? AF_INET : AF_INET6
}

export function macBytes(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(":", ""), "hex")
}

function macText(bytes: Buffer): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":")
}
