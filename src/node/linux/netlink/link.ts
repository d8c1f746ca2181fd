import {
  ACKNOWLEDGE,
  type Attributes,
  CREATE,
  DUMP,
  decodeAttributes,
  EXCLUSIVE,
  type Message,
  number32,
  text,
} from "./message.ts"

// What we ask of the kernel about links.

const NEW_LINK = 16
const DELETE_LINK = 17
const GET_LINK = 18
const SET_LINK = 19

const UP = 1
export const LOOPBACK_INDEX = 1

const LINK_ADDRESS = 1
const LINK_NAME = 3
const LINK_MTU = 4
const LINK_MASTER = 10
const LINK_INFO = 18
const LINK_NAMESPACE_FD = 28
const INFO_KIND = 1
const INFO_DATA = 2
const INFO_PORT_KIND = 4
const INFO_PORT_DATA = 5
const VETH_PEER = 1
const BRIDGE_PORT_HAIRPIN = 4

export interface VethEnd {
  readonly name: string
  readonly mac?: string | undefined

  /** The bridge that it is a port of. */
  readonly master?: number | undefined

  /** A file descriptor of where it goes; where the request is made, when undefined. */
  readonly namespace?: number | undefined
}

/**
 * Both ends in one message, each at once in its namespace under its name. The kernel takes the first end up in the same
 * go, and the peer not: it is made before it has another end.
 */
export function addVeth(end: VethEnd, peer: VethEnd, mtu: number): Message {
  const data: Attributes = [[VETH_PEER, { fixed: linkHeader({ up: false }), nested: endAttributes(peer, mtu) }]]
  const info: Attributes = [
    [INFO_KIND, Buffer.from("veth")],
    [INFO_DATA, { nested: data }],
  ]
  return {
    type: NEW_LINK,
    flags: ACKNOWLEDGE | CREATE | EXCLUSIVE,
    fixed: linkHeader({ up: true }),
    attributes: [...endAttributes(end, mtu), [LINK_INFO, { nested: info }]],
  }
}

function endAttributes({ name, mac, master, namespace }: VethEnd, mtu: number): Attributes {
  return [
    [LINK_NAME, text(name)],
    [LINK_ADDRESS, mac === undefined ? undefined : macBytes(mac)],
    [LINK_MTU, number32(mtu)],
    [LINK_MASTER, master === undefined ? undefined : number32(master)],
    [LINK_NAMESPACE_FD, namespace === undefined ? undefined : number32(namespace)],
  ]
}

/**
 * Lets a bridge send a frame back where it came from. A container that asks for its own published port needs it: where
 * bridged packets pass the rules too, they are turned around inside of the bridge.
 */
export function setHairpin(name: string): Message {
  const info: Attributes = [
    [INFO_PORT_KIND, Buffer.from("bridge")],
    [INFO_PORT_DATA, { nested: [[BRIDGE_PORT_HAIRPIN, Buffer.of(1)]] }],
  ]
  return {
    type: NEW_LINK,
    flags: ACKNOWLEDGE,
    fixed: linkHeader({ up: true }),
    attributes: [
      [LINK_NAME, text(name)],
      [LINK_INFO, { nested: info }],
    ],
  }
}

export function addBridge(name: string, mac: string, mtu: number): Message {
  return {
    type: NEW_LINK,
    flags: ACKNOWLEDGE | CREATE | EXCLUSIVE,
    fixed: linkHeader({ up: true }),
    attributes: [
      [LINK_NAME, text(name)],
      [LINK_ADDRESS, macBytes(mac)],
      [LINK_MTU, number32(mtu)],
      [LINK_INFO, { nested: [[INFO_KIND, Buffer.from("bridge")]] }],
    ],
  }
}

export function setUp(index: number): Message {
  return { type: SET_LINK, flags: ACKNOWLEDGE, fixed: linkHeader({ index, up: true }), attributes: [] }
}

export function deleteLink(name: string): Message {
  return {
    type: DELETE_LINK,
    flags: ACKNOWLEDGE,
    fixed: linkHeader({ up: false }),
    attributes: [[LINK_NAME, text(name)]],
  }
}

export function getLink(name: string): Message {
  return { type: GET_LINK, flags: ACKNOWLEDGE, fixed: linkHeader({ up: false }), attributes: [[LINK_NAME, text(name)]] }
}

export interface Link {
  readonly index: number
  readonly name: string
  readonly mtu: number
}

export function getLinks(): Message {
  return { type: GET_LINK, flags: DUMP, fixed: linkHeader({ up: false }), attributes: [] }
}

export function decodeLink(body: Buffer): Link {
  const attributes = decodeAttributes(body.subarray(16))
  return {
    index: body.readInt32LE(4),
    name: attributes.get(LINK_NAME)?.toString("utf8").replace(/\0$/, "") ?? "",
    mtu: attributes.get(LINK_MTU)?.readUInt32LE(0) ?? 0,
  }
}

function linkHeader({ index = 0, up }: { readonly index?: number; readonly up: boolean }): Buffer {
  const header = Buffer.alloc(16)
  header.writeInt32LE(index, 4)
  header.writeUInt32LE(up ? UP : 0, 8)
  header.writeUInt32LE(up ? UP : 0, 12)
  return header
}

function macBytes(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(":", ""), "hex")
}
