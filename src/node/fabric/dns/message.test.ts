import fc from "fast-check"
import { expect, test } from "vitest"
import { answersIn } from "./foreign.ts"
import { type Answer, decodeQuery, encodeName, encodeResponse, NO_ERROR, type Query } from "./message.ts"

function aQuery(name: string, type: number, options: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(12)
  header.writeUInt16BE(4711, 0)
  header.writeUInt16BE(0x0100, 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(options.length > 0 ? 1 : 0, 10)
  return Buffer.concat([header, encodeName(name), Buffer.of(0, type, 0, 1), options])
}

function decoded(bytes: Buffer): Query {
  const query = decodeQuery(bytes)
  expect(query).toBeDefined()
  return query!
}

test("a question is read in lower case, and answered in the letters it was asked in", () => {
  const query = decoded(aQuery("App.Example.ORG", 1))
  expect(query).toMatchObject({
    id: 4711,
    recursionDesired: true,
    question: { name: "app.example.org", type: 1 },
    sizeMax: 512,
  })
  const response = encodeResponse(query, NO_ERROR, [{ name: "app.example.org", type: "A", ttl: 60, value: "10.0.0.5" }])
  expect(response.subarray(12).toString("latin1")).toContain("Example")
  expect(response.subarray(-4)).toEqual(Buffer.of(10, 0, 0, 5))
  expect(response.readUInt16BE(2)).toBe(0x8180)
})

test("an asker that can take more says so, and what does not fit is left out and told", () => {
  const large = Buffer.of(0, 0, 41, 0x10, 0, 0, 0, 0, 0, 0, 0)
  expect(decoded(aQuery("a.b", 1, large)).sizeMax).toBe(4096)
  const answers = Array.from(
    { length: 60 },
    (_, index): Answer => ({ name: "a.b", type: "A", ttl: 1, value: `10.0.0.${index}` }),
  )
  const small = encodeResponse(decoded(aQuery("a.b", 1)), NO_ERROR, answers)
  expect(small.length).toBeLessThanOrEqual(512)
  expect(small.readUInt16BE(2) & 0x0200).toBe(0x0200)
  expect(encodeResponse(decoded(aQuery("a.b", 1, large)), NO_ERROR, answers).readUInt16BE(6)).toBe(60)
})

test("whatever arrives is a question or nothing", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      decodeQuery(Buffer.from(bytes))
      answersIn(Buffer.from(bytes))
    }),
  )
})

test("answers of another resolver are taken over with their names written out", () => {
  const header = Buffer.alloc(12)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(2, 6)
  const question = Buffer.concat([encodeName("www.example.org"), Buffer.of(0, 1, 0, 1)])
  // Both names point to the question's, the second from its second label on.
  const alias = Buffer.concat([Buffer.of(0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 9, 0, 2), Buffer.of(0xc0, 16)])
  const address = Buffer.of(0xc0, 16, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0, 2, 1)
  const [first, second] = answersIn(Buffer.concat([header, question, alias, address]))
  expect(first).toEqual(
    Buffer.concat([encodeName("www.example.org"), Buffer.of(0, 5, 0, 1, 0, 0, 0, 9, 0, 13), encodeName("example.org")]),
  )
  expect(second).toEqual(
    Buffer.concat([encodeName("example.org"), Buffer.of(0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0, 2, 1)]),
  )
})
