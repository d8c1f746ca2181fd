/** Addresses of version 4 as numbers and bytes. */
export interface Subnet {
  /** Of its first address. */
  readonly base: number
  readonly prefixLength: number
}

export function parseAddress(text: string): number {
  return text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0)
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".")
}

export function addressBytes(text: string): Buffer {
  return Buffer.from(text.split(".").map(Number))
}

export function parseSubnet(text: string): Subnet {
  const [address = "", length = "32"] = text.split("/")
  return { base: parseAddress(address), prefixLength: Number(length) }
}

export function formatSubnet({ base, prefixLength }: Subnet): string {
  return `${formatAddress(base)}/${prefixLength}`
}

export function sizeOf({ prefixLength }: Subnet): number {
  return 2 ** (32 - prefixLength)
}

export function overlap(a: Subnet, b: Subnet): boolean {
  return a.base < b.base + sizeOf(b) && b.base < a.base + sizeOf(a)
}
