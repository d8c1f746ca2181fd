/** Addresses and blocks of both families, as numbers to reckon with. */
export interface Cidr {
  readonly family: 4 | 6

  /** The block's first address; the bits behind the prefix are zero. */
  readonly first: bigint
  readonly prefix: number
}

/** A block as anyone writes it; bits behind the prefix are dropped, as EC2 drops them. Undefined for anything else. */
export function parseCidr(text: string): Cidr | undefined {
  const [, address, digits] = /^([0-9a-fA-F:.]+)\/(\d{1,3})$/.exec(text) ?? []
  if (address === undefined || digits === undefined) return undefined
  const parsed = parseAddress(address)
  const prefix = Number(digits)
  if (parsed === undefined || prefix > bitsOf(parsed.family)) return undefined
  const hostBits = BigInt(bitsOf(parsed.family) - prefix)
  return { family: parsed.family, first: (parsed.value >> hostBits) << hostBits, prefix }
}

export function formatCidr({ family, first, prefix }: Cidr): string {
  return `${formatAddress(family, first)}/${prefix}`
}

/** The family that a known block belongs to, told by its look. */
export function familyOf(cidr: string): 4 | 6 {
  return cidr.includes(":") ? 6 : 4
}

/** A block that we have written ourselves. */
export function knownCidr(text: string): Cidr {
  return parseCidr(text)!
}

export function sizeOf({ family, prefix }: Cidr): bigint {
  return 1n << BigInt(bitsOf(family) - prefix)
}

export function contains(outer: Cidr, inner: Cidr): boolean {
  return (
    outer.family === inner.family &&
    outer.prefix <= inner.prefix &&
    inner.first >= outer.first &&
    inner.first < outer.first + sizeOf(outer)
  )
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  return contains(a, b) || contains(b, a)
}

export interface Address {
  readonly family: 4 | 6
  readonly value: bigint
}

export function parseAddress(text: string): Address | undefined {
  const value = text.includes(":") ? ipv6Value(text) : ipv4Value(text)
  return value === undefined ? undefined : { family: text.includes(":") ? 6 : 4, value }
}

export function formatAddress(family: 4 | 6, value: bigint): string {
  return family === 4 ? formatIpv4(value) : formatIpv6(value)
}

/** The address so far into a block. */
export function addressAt({ family, first }: Cidr, offset: number | bigint): string {
  return formatAddress(family, first + BigInt(offset))
}

function bitsOf(family: 4 | 6): number {
  return family === 4 ? 32 : 128
}

function ipv4Value(text: string): bigint | undefined {
  const parts = text.split(".")
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) {
    return undefined
  }
  return parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n)
}

function formatIpv4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".")
}

const GROUPS = 8

function ipv6Value(text: string): bigint | undefined {
  const halves = text.split("::")
  if (halves.length > 2) return undefined
  const [before, after = []] = halves.map((half) => (half === "" ? [] : half.split(":")))
  const written = [...before!, ...after]
  const missing = GROUPS - written.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  if (!written.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined
  const groups = [...before!, ...Array<string>(missing).fill("0"), ...after]
  return groups.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n)
}

/** In RFC 5952's way: the longest run of zero groups, the first of equals, becomes `::`. */
function formatIpv6(value: bigint): string {
  const groups = Array.from({ length: GROUPS }, (_, at) => (value >> BigInt(16 * (GROUPS - 1 - at))) & 0xffffn)
  let best = { at: 0, length: 0 }
  for (let at = 0; at < GROUPS; at++) {
    let length = 0
    while (at + length < GROUPS && groups[at + length] === 0n) length++
    if (length > best.length) best = { at, length }
  }
  const text = (some: readonly bigint[]) => some.map((group) => group.toString(16)).join(":")
  if (best.length < 2) return text(groups)
  return `${text(groups.slice(0, best.at))}::${text(groups.slice(best.at + best.length))}`
}
