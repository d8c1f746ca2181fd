import fc from "fast-check"
import { expect, test } from "vitest"
import { simulatedWorld } from "../world/simulated.ts"
import { pack, sessionTokens, unpack } from "./session-token.ts"

const { random } = simulatedWorld()
const tokens = sessionTokens(new Uint8Array(32).fill(1))
const KEY_ID = "ASIAABCDEFGHIJKLMNOP"
const claims = { role: "deploy", until: 1_700_000_000_000 }
const token = tokens.seal(KEY_ID, pack(claims), random)
const opened = (accessKeyId: string, text: string) => {
  const packed = tokens.open(accessKeyId, text)
  return packed && unpack(packed)
}

test("what was sealed comes out again, and never looks the same twice", () => {
  expect(opened(KEY_ID, token)).toEqual(claims)
  expect(tokens.seal(KEY_ID, pack(claims), random)).not.toBe(token)
})

test("a token is good beside its own key and under its own installation only", () => {
  expect(opened("ASIAABCDEFGHIJKLMNOQ", token)).toBeUndefined()
  expect(sessionTokens(new Uint8Array(32).fill(2)).open(KEY_ID, token)).toBeUndefined()
})

test("a token shows nothing of what it says", () => {
  expect(Buffer.from(token, "base64").toString("latin1")).not.toContain("deploy")
})

test("no other text opens: neither a changed, cut or prolonged token, nor another spelling of it", () => {
  const alphabet = fc.constantFrom(..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_ \n")
  const changed = fc
    .tuple(fc.nat(token.length - 1), alphabet)
    .map(([at, char]) => token.slice(0, at) + char + token.slice(at + 1))
  const cut = fc.nat(token.length - 1).map((length) => token.slice(0, length))
  const prolonged = fc.string().map((more) => token + more)
  fc.assert(
    fc.property(fc.oneof(changed, cut, prolonged, fc.base64String()), (text) => {
      fc.pre(text !== token)
      expect(tokens.open(KEY_ID, text)).toBeUndefined()
    }),
    { numRuns: 2000 },
  )
})
