/** Addresses of both versions as text and bytes; text of ours is always in the one form that `formatIp` gives. */
export type Family = 4 | 6

export function familyOf(text: string): Family {
  return text.includes(":") ? 6 : 4
}

export function ipBytes(text: string): Buffer {
  if (familyOf(text) === 4) return Buffer.from(text.split(".").map(Number))
  const [head = "", tail] = text.split("::")
  const groups = (part: string) => (part === "" ? [] : part.split(":").flatMap(groupBytes))
  const front = groups(head)
  const back = groups(tail ?? "")
  return Buffer.from([...front, ...new Array(16 - front.length - back.length).fill(0), ...back])
}

/** The last group of an address may be written as one of version 4. */
function groupBytes(group: string): number[] {
  if (group.includes(".")) return group.split(".").map(Number)
  const value = Number.parseInt(group, 16)
  return [value >> 8, value & 255]
}

export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".")
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((bytes[index * 2]! << 8) | bytes[index * 2 + 1]!).toString(16),
  )
  const longest = longestZeros(groups)
  if (longest.length < 2) return groups.join(":")
  const end = longest.start + longest.length
  return `${groups.slice(0, longest.start).join(":")}::${groups.slice(end).join(":")}`
}

function longestZeros(groups: readonly string[]): { readonly start: number; readonly length: number } {
  let longest = { start: 0, length: 0 }
  for (let start = 0; start < groups.length; start++) {
    let length = 0
    while (groups[start + length] === "0") length++
    if (length > longest.length) longest = { start, length }
  }
  return longest
}

export interface Prefix {
  readonly address: string
  readonly length: number
}

/** A single address is a prefix of its whole length. */
export function parsePrefix(text: string): Prefix {
  const [address = "", length] = text.split("/")
  return { address, length: length === undefined ? bitsOf(address) : Number(length) }
}

export function bitsOf(address: string): 32 | 128 {
  return familyOf(address) === 4 ? 32 : 128
}

/** With the bits after the prefix cleared, as the kernel wants it. */
export function canonicalPrefix(text: string): string {
  const { address, length } = parsePrefix(text)
  const bytes = ipBytes(address)
  for (let index = 0; index < bytes.length; index++) {
    const kept = Math.min(8, Math.max(0, length - index * 8))
    bytes[index]! &= (0xff << (8 - kept)) & 0xff
  }
  return `${formatIp(bytes)}/${length}`
}

export function contains(prefix: string, address: string): boolean {
  if (familyOf(prefix) !== familyOf(address)) return false
  const { address: base, length } = parsePrefix(prefix)
  const [a, b] = [ipBytes(base), ipBytes(address)]
  const whole = length >> 3
  if (a.compare(b, 0, whole, 0, whole) !== 0) return false
  const rest = length & 7
  return rest === 0 || (a[whole]! ^ b[whole]!) >> (8 - rest) === 0
}

/** The address that many after the first of a prefix. */
export function addressIn(prefix: string, offset: number): string {
  const bytes = ipBytes(parsePrefix(canonicalPrefix(prefix)).address)
  let carry = offset
  for (let index = bytes.length - 1; carry > 0; index--) {
    carry += bytes[index]!
    bytes[index] = carry & 255
    carry >>= 8
  }
  return formatIp(bytes)
}
