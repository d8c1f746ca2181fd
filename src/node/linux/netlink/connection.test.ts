import { expect, test } from "vitest"
import { decodeConnection, deleteConnection, UDP } from "./connection.ts"
import { encode } from "./message.ts"

const way = { protocol: UDP, source: "10.0.0.1", destination: "10.0.0.2", sourcePort: 4000, destinationPort: 53 }

test("a connection is named by how its first packet went", () => {
  const body = encode(deleteConnection({ original: way, reply: way }), 1).subarray(16)
  // The same attribute again, as the way back, makes of it what the kernel lists.
  const attribute = Buffer.from(body.subarray(4))
  const back = Buffer.from(attribute)
  back.writeUInt16LE(2, 2)
  expect(decodeConnection(Buffer.concat([body.subarray(0, 4), attribute, back]))).toEqual({ original: way, reply: way })
})

test("what has no ports is left out", () => {
  expect(decodeConnection(Buffer.alloc(4))).toBeUndefined()
})
