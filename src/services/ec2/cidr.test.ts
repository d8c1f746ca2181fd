import fc from "fast-check"
import { expect, test } from "vitest"
import {
  addressAt,
  contains,
  formatAddress,
  formatCidr,
  knownCidr,
  overlaps,
  parseAddress,
  parseCidr,
  sizeOf,
} from "./cidr.ts"

test.each([
  ["10.0.0.0/16", "10.0.0.0/16"],
  ["100.68.0.18/18", "100.68.0.0/18"],
  ["0.0.0.0/0", "0.0.0.0/0"],
  ["255.255.255.255/32", "255.255.255.255/32"],
  ["::/0", "::/0"],
  ["2001:DB8:0:0:1:0:0:1/128", "2001:db8::1:0:0:1/128"],
  ["2001:db8:ffff::/33", "2001:db8:8000::/33"],
  ["1:0:0:2::/64", "1:0:0:2::/64"],
])("%s is kept as %s", (text, kept) => {
  expect(formatCidr(parseCidr(text)!)).toBe(kept)
})

test.each([
  "",
  "10.0.0.0",
  "10.0.0/8",
  "10.0.0.256/8",
  "010.0.0.0/8",
  "10.0.0.0/33",
  "::/129",
  ":::/1",
  "1::2::3/64",
  "g::/8",
])("%j is no block", (text) => {
  expect(parseCidr(text)).toBeUndefined()
})

test("an address that is written down is read as the same address", () => {
  const bits = fc.constantFrom([4, 32n] as const, [6, 128n] as const)
  fc.assert(
    fc.property(bits, fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), ([family, width], value) => {
      const within = value & ((1n << width) - 1n)
      expect(parseAddress(formatAddress(family, within))).toEqual({ family, value: within })
    }),
  )
})

test("blocks overlap exactly if an address is in both", () => {
  const block = fc
    .tuple(fc.nat(255), fc.integer({ min: 24, max: 32 }))
    .map(([last, prefix]) => knownCidr(`10.0.0.${last}/${prefix}`))
  fc.assert(
    fc.property(block, block, (a, b) => {
      const addresses = (one: typeof a) => Array.from({ length: Number(sizeOf(one)) }, (_, at) => addressAt(one, at))
      const shared = addresses(a).filter((address) => addresses(b).includes(address))
      expect(overlaps(a, b)).toBe(shared.length > 0)
      expect(contains(a, b)).toBe(shared.length === addresses(b).length)
    }),
  )
})
