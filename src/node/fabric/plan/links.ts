import { createHash } from "node:crypto"
import { ipBytes } from "../../linux/ip.ts"

/**
 * Names and numbers inside of a router, which has no other inhabitants: they follow from ids, so that what a record stands
 * for is found again.
 */
export const UPLINK = "uplink"
export const VXLAN = "vxlan"
export const ELASTIC_PREFIX = "eni"

export function elasticLink(interfaceId: string): string {
  return ELASTIC_PREFIX + hash(interfaceId).slice(0, 11)
}

export function peeringLink(peeringId: string): string {
  return PEERING_PREFIX + hash(peeringId).slice(0, 11)
}

export function isPeeringLink(link: string): boolean {
  return link.startsWith(PEERING_PREFIX)
}

const PEERING_PREFIX = "pcx"

/** All ends in a router have the same: each is alone with its peer. */
export function routerMac(vpcId: string): string {
  return macOf("72", Buffer.from(hash(vpcId).slice(0, 8), "hex"))
}

/** Of a machine's end of any VXLAN. */
export function machineMac(underlayAddress: string): string {
  return macOf("76", ipBytes(underlayAddress).subarray(-4))
}

/**
 * Whom tasks on other machines see when processes of a machine itself speak with them: an address of a block that nobody
 * can have, so that nothing else is led there.
 */
export function machineAddress(underlayAddress: string): string {
  const [first = 0, ...rest] = ipBytes(underlayAddress).subarray(-4)
  return [0xf0 | (first & 0x0f), ...rest].join(".")
}

function macOf(kind: string, bytes: Uint8Array): string {
  return `02:${kind}:${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":")}`
}

/** Beyond those that the kernel has names for; it is the mark of packets that look into the table as well. */
export function tableNumber(routeTableId: string): number {
  return 0x1_0000 + Number.parseInt(hash(routeTableId).slice(0, 7), 16)
}

/** A next hop that is nobody's address: its neighbour entry says where it leads. */
export const NEXT_HOP = "169.254.1.1"
export const NEXT_HOP_6 = "fe80::1"

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex")
}
