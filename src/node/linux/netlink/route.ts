import { addressBytes, formatAddress, type Subnet } from "../ipv4.ts"
import { ACKNOWLEDGE, CREATE, DUMP, decodeAttributes, type Message, REPLACE } from "./message.ts"

// What we ask of the kernel about ways to elsewhere.

const NEW_ROUTE = 24
const GET_ROUTE = 26
const AF_INET = 2
const ROUTE_DESTINATION = 1
const ROUTE_LINK = 4
const ROUTE_GATEWAY = 5
const ROUTE_TABLE_MAIN = 254
const ROUTE_PROTOCOL_STATIC = 4
const ROUTE_UNICAST = 1

/** Without a destination it is the default route. */
export function addRoute(gateway: string, destination?: Subnet): Message {
  const fixed = routeHeader()
  fixed[1] = destination?.prefixLength ?? 0
  fixed[4] = ROUTE_TABLE_MAIN
  fixed[5] = ROUTE_PROTOCOL_STATIC
  fixed[7] = ROUTE_UNICAST
  return {
    type: NEW_ROUTE,
    flags: ACKNOWLEDGE | CREATE | REPLACE,
    fixed,
    attributes: [
      [ROUTE_DESTINATION, destination && addressBytes(formatAddress(destination.base))],
      [ROUTE_GATEWAY, addressBytes(gateway)],
    ],
  }
}

export interface Route {
  /** Undefined for a default route. */
  readonly destination?: Subnet
  readonly link?: number
}

export function getRoutes(): Message {
  return { type: GET_ROUTE, flags: DUMP, fixed: routeHeader(), attributes: [] }
}

/** Undefined for what is not a way to elsewhere, such as the machine's own addresses. */
export function decodeRoute(body: Buffer): Route | undefined {
  if (body[0] !== AF_INET || body[7] !== ROUTE_UNICAST) return undefined
  const attributes = decodeAttributes(body.subarray(12))
  const destination = attributes.get(ROUTE_DESTINATION)
  const link = attributes.get(ROUTE_LINK)?.readUInt32LE(0)
  return {
    ...(destination !== undefined && { destination: { base: destination.readUInt32BE(0), prefixLength: body[1]! } }),
    ...(link !== undefined && { link }),
  }
}

function routeHeader(): Buffer {
  const header = Buffer.alloc(12)
  header[0] = AF_INET
  return header
}
