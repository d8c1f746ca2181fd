import fc from "fast-check"
import { expect, test } from "vitest"
import { readJoinWord, writeJoinWord } from "./join-token.ts"

const hex = (length: number) =>
  fc
    .array(fc.constantFrom(..."0123456789abcdef"), { minLength: length, maxLength: length })
    .map((digits) => digits.join(""))
const words = fc.record(
  {
    id: hex(16),
    secret: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString("base64url")),
    caFingerprint: hex(64),
  },
  { requiredKeys: ["id", "secret"] },
)

test("a token is read as it was written, also with what copying adds around it", () => {
  fc.assert(
    fc.property(words, (word) => {
      expect(readJoinWord(` ${writeJoinWord(word)}\n`)).toEqual(word)
    }),
  )
})

test("what is no whole token is none", () => {
  fc.assert(
    fc.property(words, fc.nat(), (word, at) => {
      const text = writeJoinWord(word)
      const end = at % text.length
      // A fingerprint that is missing whole is not missed; the region then has to prove itself to the system's authorities.
      if (end === `${word.id}.${word.secret}.`.length) return
      expect(readJoinWord(text.slice(0, end))).toBeUndefined()
    }),
  )
  for (const text of ["", "a.b.c", "..", "0123456789abcdef"]) expect(readJoinWord(text)).toBeUndefined()
})
