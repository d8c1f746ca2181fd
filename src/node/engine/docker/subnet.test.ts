import { expect, test } from "vitest"
import { addressesOf } from "./subnet.ts"

test("addresses are handed out in order, from behind the last one and then from the beginning, without the ends", () => {
  const addresses = [...addressesOf("172.18.255.248/29", 4)].map(({ address }) => address)
  expect(addresses).toEqual([253, 254, 249, 250, 251, 252].map((last) => `172.18.255.${last}`))
})

test("an address has the interface address that Docker would give it", () => {
  const [first] = addressesOf("10.1.0.0/16", 256)
  expect(first).toEqual({ index: 257, address: "10.1.1.1", macAddress: "02:42:0a:01:01:01", prefixLength: 16 })
})
