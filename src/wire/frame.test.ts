import fc from "fast-check"
import { expect, test } from "vitest"
import { acsFromAgent, acsFromRegion } from "./acs.ts"
import type { Codec, Vocabulary } from "./frame.ts"
import { codec, FRAME_LENGTH_MAX } from "./frame.ts"
import { id, list, Malformed, map, optional, struct, text } from "./shape.ts"
import { tcsFromAgent, tcsFromRegion } from "./tcs.ts"
import { anyOf } from "./testing.ts"

const ALL = { acsFromAgent, acsFromRegion, tcsFromAgent, tcsFromRegion } as unknown as Record<string, Codec<Vocabulary>>

for (const [name, { vocabulary, encode, decode }] of Object.entries(ALL)) {
  test(`what one side of ${name} says, the other hears`, () => {
    for (const [type, shape] of Object.entries(vocabulary)) {
      const sent = fc.property(anyOf(shape), (message) => {
        expect(decode(encode(type, message as object))).toEqual({ type, message })
      })
      fc.assert(sent, { numRuns: 30 })
    }
  })

  test(`whatever arrives as a frame of ${name} is a message, is skipped, or is malformed`, () => {
    const types = [...Object.keys(vocabulary), "NewMessage", "constructor"]
    const frame = fc.oneof(
      fc.string(),
      fc.json(),
      fc.record({ type: fc.constantFrom(...types), message: fc.jsonValue() }).map((value) => JSON.stringify(value)),
    )
    const heard = fc.property(frame, (text) => {
      try {
        decode(text)
      } catch (error) {
        expect(error).toBeInstanceOf(Malformed)
      }
    })
    fc.assert(heard, { numRuns: 300 })
  })
}

const spoken = codec({ Greeting: struct({ name: id, words: optional(list(text, 2)), notes: optional(map(text)) }) })

test("a type that nobody knows is skipped, so that either side can be the newer one", () => {
  expect(spoken.decode('{"type":"Farewell","message":{}}')).toBeUndefined()
  expect(spoken.decode('{"type":"constructor","message":{}}')).toBeUndefined()
  expect(spoken.decode('{"message":{}}')).toBeUndefined()
})

test("members that nobody knows are left out, and null is the same as nothing", () => {
  const frame = '{"type":"Greeting","message":{"name":"a","words":null,"notes":{"x":"1","y":null},"mood":"good"}}'
  expect(spoken.decode(frame)).toEqual({ type: "Greeting", message: { name: "a", notes: { x: "1" } } })
})

test("nothing leaves without what the other side takes for granted", () => {
  expect(() => spoken.encode("Greeting", { name: "" })).toThrow(Malformed)
  expect(() => spoken.encode("Greeting", {} as never)).toThrow("Greeting.name is missing")
  expect(spoken.encode("Greeting", { name: "a", words: undefined })).toBe('{"type":"Greeting","message":{"name":"a"}}')
})

test("lists and frames have their bounds", () => {
  expect(() => spoken.decode('{"type":"Greeting","message":{"name":"a","words":["1","2","3"]}}')).toThrow(Malformed)
  expect(() => spoken.decode(`"${"x".repeat(FRAME_LENGTH_MAX)}"`)).toThrow("too long")
})
