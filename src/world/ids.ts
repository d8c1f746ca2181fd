import type { Random } from "./world.ts"

/** Lower-case hexadecimal digits, as in task ids. */
export function newHex(random: Random, digits: number): string {
  return Buffer.from(random.bytes(Math.ceil(digits / 2)))
    .toString("hex")
    .slice(0, digits)
}

/** A version 4 UUID, as in request ids. */
export function newUuid(random: Random): string {
  const bytes = random.bytes(16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = Buffer.from(bytes).toString("hex")
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** Decimal digits; the first may be zero, as in service revision ids. */
export function newDigits(random: Random, digits: number): string {
  let text = ""
  while (text.length < digits) text += String(random.below(1_000_000_000)).padStart(9, "0")
  return text.slice(0, digits)
}
