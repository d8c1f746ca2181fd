import { expect, test } from "vitest"
import { encodeKey } from "./filter-elements.ts"

test("a key is the parts of its type one after the other, each in whole words", () => {
  const key = encodeKey("ifname . ether_addr . ipv4_addr", '"eni1" . 02:00:00:00:00:01 . 10.0.0.5')
  expect(key.toString("hex")).toBe(
    `${Buffer.from("eni1").toString("hex").padEnd(32, "0")}0200000000010000${"0a000005"}`,
  )
  expect(encodeKey("ipv4_addr", "10.0.0.5")).toEqual(Buffer.of(10, 0, 0, 5))
})
