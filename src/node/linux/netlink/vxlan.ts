import { ipBytes } from "../ip.ts"
import { macBytes } from "./entries.ts"
import { ACKNOWLEDGE, CREATE, EXCLUSIVE, type Message, number32, text } from "./message.ts"

export interface Vxlan {
  readonly name: string
  readonly mac: string
  readonly mtu: number
  readonly network: number
  readonly underlayAddress: string

  /** A descriptor of where it goes; its own packets leave from where it was made. */
  readonly namespace: number
}

const NEW_LINK = 16

/** It learns nothing by itself: who is where is told. */
export function addVxlan({ name, mac, mtu, network, underlayAddress, namespace }: Vxlan): Message {
  const port = Buffer.alloc(2)
  port.writeUInt16BE(VXLAN_PORT)
  return {
    type: NEW_LINK,
    flags: ACKNOWLEDGE | CREATE | EXCLUSIVE,
    fixed: Buffer.alloc(16),
    attributes: [
      [3, text(name)],
      [1, macBytes(mac)],
      [4, number32(mtu)],
      [28, number32(namespace)],
      [
        18,
        {
          nested: [
            [1, Buffer.from("vxlan")],
            [
              2,
              {
                nested: [
                  [1, number32(network)],
                  [4, ipBytes(underlayAddress)],
                  [7, Buffer.of(0)],
                  [15, port],
                ],
              },
            ],
          ],
        },
      ],
    ],
  }
}

/** Not 4789, which IANA has for it and overlay networks of others on the same machine use. */
export const VXLAN_PORT = 14_789
