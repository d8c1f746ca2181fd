import { addressBytes } from "../ipv4.ts"
import { ACKNOWLEDGE, CREATE, DUMP, decodeAttributes, EXCLUSIVE, type Message } from "./message.ts"

// What we ask of the kernel about the addresses of links.

const NEW_ADDRESS = 20
const DELETE_ADDRESS = 21
const GET_ADDRESS = 22
const AF_INET = 2

const ADDRESS = 1
const ADDRESS_LOCAL = 2

export function addAddress(index: number, address: string, prefixLength: number): Message {
  return { type: NEW_ADDRESS, flags: ACKNOWLEDGE | CREATE | EXCLUSIVE, ...ofAddress(index, address, prefixLength) }
}

export function deleteAddress(index: number, address: string, prefixLength: number): Message {
  return { type: DELETE_ADDRESS, flags: ACKNOWLEDGE, ...ofAddress(index, address, prefixLength) }
}

export function getAddresses(): Message {
  const fixed = Buffer.alloc(8)
  fixed[0] = AF_INET
  return { type: GET_ADDRESS, flags: DUMP, fixed, attributes: [] }
}

/** As text. */
export function decodeAddress(body: Buffer): string | undefined {
  return decodeAttributes(body.subarray(8)).get(ADDRESS_LOCAL)?.join(".")
}

function ofAddress(index: number, address: string, prefixLength: number): Pick<Message, "fixed" | "attributes"> {
  const fixed = Buffer.alloc(8)
  fixed[0] = AF_INET
  fixed[1] = prefixLength
  fixed.writeUInt32LE(index, 4)
  const bytes = addressBytes(address)
  return {
    fixed,
    attributes: [
      [ADDRESS, bytes],
      [ADDRESS_LOCAL, bytes],
    ],
  }
}
