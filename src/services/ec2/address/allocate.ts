import { assert } from "../../../base/assert.ts"
import type { Random } from "../../../world/world.ts"
import { type Address, addressAt, contains, formatAddress, knownCidr, parseAddress, sizeOf } from "../cidr.ts"
import { fault, invalidValue } from "../fault.ts"
import type { Maker } from "../maker.ts"
import { type PrivateAddress, privateAddresses, privateAddressKey, type Subnet } from "../tables.ts"
import { addressUse } from "./use.ts"

/** The first four addresses of a subnet and its last one are nobody's: network, router, resolver, reserve, broadcast. */
const RESERVED_FIRST = 4
const RESERVED_LAST = 1

/** How many IPv4 addresses of a subnet are to be had. */
export function availableCount({ tx }: Pick<Maker, "tx">, subnet: Subnet): number {
  const size = Number(sizeOf(knownCidr(subnet.cidr)))
  return size - RESERVED_FIRST - RESERVED_LAST - tx.view(addressUse).inUse(subnet.id)
}

/** Gives an interface an IPv4 address: the one that is asked for, or any that is free. */
export function allocateIpv4(maker: Maker, subnet: Subnet, interfaceId: string, chosen?: string): string {
  const address = chosen === undefined ? freeIpv4(maker, subnet) : chosenAddress(maker, subnet, chosen)
  const offset = Number(parseAddress(address)!.value - knownCidr(subnet.cidr).first)
  return give(maker, { subnetId: subnet.id, address, offset, interfaceId, freedAt: undefined })
}

/** Gives an interface an IPv6 address; a /64 has so many that one drawn at random is as good as free. */
export function allocateIpv6(maker: Maker, subnet: Subnet, interfaceId: string, chosen?: string): string {
  if (subnet.ipv6CidrBlock === undefined) {
    throw invalidValue(`The subnet '${subnet.id}' does not have an IPv6 CIDR block associated with it`)
  }
  const address = chosen === undefined ? freeIpv6(maker, subnet) : chosenAddress(maker, subnet, chosen)
  return give(maker, { subnetId: subnet.id, address, offset: undefined, interfaceId, freedAt: undefined })
}

/** The address rests from now on. */
export function releaseAddress({ tx, now }: Pick<Maker, "tx" | "now">, subnetId: string, address: string): void {
  const given = tx.mustGet(privateAddresses, privateAddressKey(subnetId, address))
  tx.put(privateAddresses, { ...given, interfaceId: undefined, freedAt: now })
}

function give({ tx }: Maker, given: PrivateAddress): string {
  const present = tx.get(privateAddresses, privateAddressKey(given.subnetId, given.address))
  assert(present?.interfaceId === undefined, `${given.address} of ${given.subnetId} is given twice`)
  tx.put(privateAddresses, given)
  return given.address
}

/** From a random place on, so that an address is not had again by whoever asks next. */
function freeIpv4({ tx, random }: Maker, { id, cidr }: Subnet): string {
  const block = knownCidr(cidr)
  const end = Number(sizeOf(block)) - RESERVED_LAST
  const use = tx.view(addressUse)
  for (const from of [RESERVED_FIRST + random.below(end - RESERVED_FIRST), RESERVED_FIRST]) {
    const offset = use.nextFree(id, from)
    if (offset < end) return addressAt(block, offset)
  }
  // Rather one that has not rested enough than none: the one that has rested longest.
  const [rested] = tx.range(privateAddresses, "resting", { from: `${id} `, to: `${id}!`, limit: 1 })
  if (rested !== undefined) return rested.address
  throw fault(
    "InsufficientFreeAddressesInSubnet",
    "The specified subnet does not have enough free addresses to satisfy the request.",
  )
}

function freeIpv6({ tx, random }: Maker, { id, ipv6CidrBlock }: Subnet): string {
  const block = knownCidr(ipv6CidrBlock!.cidr)
  for (;;) {
    const offset = randomBelow(random, sizeOf(block))
    const address = addressAt(block, offset)
    if (!isReserved(offset, sizeOf(block)) && tx.get(privateAddresses, privateAddressKey(id, address)) === undefined) {
      return address
    }
  }
}

function randomBelow(random: Random, size: bigint): bigint {
  return random.bytes(8).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n) % size
}

/** In the form in which we write it; whoever asks for an address may have one that rests. */
function chosenAddress({ tx }: Maker, subnet: Subnet, chosen: string): string {
  const parsed = parseAddress(chosen)
  if (parsed === undefined) throw invalidValue(`invalid value for parameter address: ${chosen}`)
  checkInSubnet(subnet, parsed, chosen)
  const address = formatAddress(parsed.family, parsed.value)
  if (tx.get(privateAddresses, privateAddressKey(subnet.id, address))?.interfaceId !== undefined) {
    throw fault("InvalidIPAddress.InUse", "The specified address is already in use.")
  }
  return address
}

function checkInSubnet(subnet: Subnet, { family, value }: Address, chosen: string): void {
  const block = family === 4 ? subnet.cidr : subnet.ipv6CidrBlock?.cidr
  const bits = family === 4 ? 32 : 128
  if (block === undefined || !contains(knownCidr(block), { family, first: value, prefix: bits })) {
    throw invalidValue(`Address ${chosen} does not fall within the subnet's address range`)
  }
  const { first } = knownCidr(block)
  if (isReserved(value - first, sizeOf(knownCidr(block)))) {
    throw invalidValue(`Address ${chosen} is in subnet's reserved address range`)
  }
}

function isReserved(offset: bigint, size: bigint): boolean {
  return offset < BigInt(RESERVED_FIRST) || offset >= size - BigInt(RESERVED_LAST)
}
