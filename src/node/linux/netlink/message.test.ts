import fc from "fast-check"
import { expect, test } from "vitest"
import { addAddress } from "./address.ts"
import { addVeth } from "./link.ts"
import { ACKNOWLEDGE, type Attributes, decode, decodeAttributes, encode, number32, text } from "./message.ts"
import { addRoute, decodeRoute } from "./route.ts"

test("a message is a header, what its type asks for, and padded attributes", () => {
  // As `ip address add 10.0.0.2/24 dev …` with index 7 sends it.
  expect(encode(addAddress(7, "10.0.0.2", 24), 1).toString("hex")).toBe(
    [
      "28000000", // 40 bytes
      "1400", // RTM_NEWADDR
      "0506", // REQUEST, ACK, EXCL, CREATE
      "01000000", // the first of its socket
      "00000000",
      "02180000", // AF_INET, /24
      "07000000",
      "0800",
      "0100",
      "0a000002",
      "0800",
      "0200",
      "0a000002",
    ].join(""),
  )
})

test("a value that is not a multiple of four bytes is padded, and its length leaves the padding out", () => {
  const message = {
    type: 16,
    flags: 0,
    fixed: new Uint8Array(),
    attributes: [
      [3, text("eth0")],
      [4, number32(1)],
    ],
  } as const
  expect(encode(message, 0).subarray(16).toString("hex")).toBe("0900030065746830000000000800040001000000")
})

test("attributes read as they were written, nested ones too", () => {
  const values = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 100 }), fc.uint8Array({ maxLength: 40 })), {
    selector: ([number]) => number,
    maxLength: 10,
  })
  fc.assert(
    fc.property(values, (pairs) => {
      const attributes: Attributes = [[200, { nested: pairs }]]
      const bytes = encode({ type: 1, flags: 0, fixed: new Uint8Array(8), attributes }, 5)
      expect(bytes.length % 4).toBe(0)
      const outer = decodeAttributes(bytes.subarray(16 + 8))
      const inner = decodeAttributes(outer.get(200)!)
      expect([...inner].map(([number, value]) => [number, new Uint8Array(value)])).toEqual(pairs)
    }),
  )
})

test("a veth's peer has a header of its own before its attributes, and names its namespace by descriptor", () => {
  const message = addVeth({ name: "outer" }, { name: "eth0", mac: "02:68:0a:00:00:02", namespace: 9 }, 1400)
  const info = decodeAttributes(decodeAttributes(encode(message, 1).subarray(16 + 16)).get(18)!)
  const peer = decodeAttributes(info.get(2)!).get(1)!
  const attributes = decodeAttributes(peer.subarray(16))
  expect(info.get(1)?.toString()).toBe("veth")
  expect(attributes.get(3)?.toString()).toBe("eth0\0")
  expect(attributes.get(1)?.toString("hex")).toBe("02680a000002")
  expect(attributes.get(28)?.readUInt32LE(0)).toBe(9)
})

test("what arrives together is told apart, and what is cut off is left", () => {
  const header = (length: number, type: number, sequence: number) => {
    const bytes = Buffer.alloc(16)
    bytes.writeUInt32LE(length, 0)
    bytes.writeUInt16LE(type, 4)
    bytes.writeUInt32LE(sequence, 8)
    return bytes
  }
  const refused = Buffer.alloc(4)
  refused.writeInt32LE(-17)
  const bytes = Buffer.concat([
    header(20, 24, 1),
    Buffer.from("body"),
    header(20, 2, 1),
    refused,
    header(16, 3, 2),
    header(99, 1, 3),
  ])
  expect(decode(bytes)).toEqual([
    { kind: "message", type: 24, sequence: 1, body: Buffer.from("body") },
    { kind: "acknowledged", sequence: 1, errno: 17 },
    { kind: "done", sequence: 2 },
  ])
})

test("a route without a destination is the default route", () => {
  const body = (message: ReturnType<typeof addRoute>) => encode(message, 1).subarray(16)
  expect(decodeRoute(body(addRoute("10.0.0.1")))).toEqual({})
  expect(decodeRoute(body(addRoute("10.0.0.1", { base: 0x0a010000, prefixLength: 16 })))).toEqual({
    destination: { base: 0x0a010000, prefixLength: 16 },
  })
  expect(addRoute("10.0.0.1").flags & ACKNOWLEDGE).toBe(ACKNOWLEDGE)
})
