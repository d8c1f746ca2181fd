import { createHmac } from "node:crypto"
import fc from "fast-check"
import { expect, test } from "vitest"
import type { IssuerKey } from "./issuer-keys.ts"
import { testIssuer } from "./testing.ts"
import { readWebToken, verifyWebToken } from "./web-token.ts"

const NOW = 1_800_000_000_000
const issuer = testIssuer("token.example.com", () => NOW)
const keys = (await issuer.keys.of("token.example.com"))!

function verified(text: string, known: readonly IssuerKey[] = keys) {
  const token = readWebToken(text)
  verifyWebToken(token, known, NOW)
  return token.claims
}

test.each(["rsa", "ec"])("a token that the issuer's %s key has signed counts", (kid) => {
  expect(verified(issuer.token({ sub: "bob" }, { kid }))).toMatchObject({
    issuer: "token.example.com",
    subject: "bob",
    audiences: ["tests"],
  })
})

test("a token counts from its beginning to its end, give or take what clocks are apart at its beginning", () => {
  const seconds = NOW / 1000
  expect(() => verified(issuer.token({ exp: seconds }))).toThrow("Token expired: current date/time 1800000000")
  expect(() => verified(issuer.token({ nbf: seconds + 301 }))).toThrow("The ID Token is not valid yet.")
  expect(() => verified(issuer.token({ nbf: seconds + 299 }))).not.toThrow()
})

test("a token is refused without a signature, and with one of a key that is public", () => {
  const none = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url")
  const [, body] = issuer.token({}).split(".")
  expect(() => verified(`${none}.${body}.`)).toThrow("not a valid JWT")
  expect(() => verified(`${none}.${body}.AAAA`)).toThrow("RS256 or ES256 only")

  const shared = Buffer.from(JSON.stringify({ alg: "HS256", kid: "rsa" })).toString("base64url")
  const signature = createHmac("sha256", keys[0]!.n!).update(`${shared}.${body}`).digest("base64url")
  expect(() => verified(`${shared}.${body}.${signature}`)).toThrow("RS256 or ES256 only")
})

test("a key is not used for another algorithm, for encryption, or when it is too short", () => {
  expect(() => verified(issuer.token({}, { alg: "ES256" }))).toThrow("Couldn't retrieve verification key")
  const encrypting = keys.map((key) => ({ ...key, use: "enc" }))
  expect(() => verified(issuer.token({}), encrypting)).toThrow("Couldn't retrieve verification key")
  expect(() => verified(issuer.token({}), [{ kid: "rsa", kty: "RSA", n: "AQAB", e: "AQAB" }])).toThrow(
    "Couldn't retrieve verification key",
  )
})

test("what Homeport does not take in a token is refused, not passed over", () => {
  const tags = { "https://aws.amazon.com/tags": { principal_tags: { team: ["a"] } } }
  expect(() => verified(issuer.token(tags))).toThrow("does not take the claim https://aws.amazon.com/tags yet")
  expect(() => verified(issuer.token({ sub: undefined }))).toThrow("Missing a required claim")
})

test("no token counts that differs from a good one in what is signed or in its signature", () => {
  const good = { rsa: issuer.token({}), ec: issuer.token({}, { kid: "ec" }) }
  const changed = fc
    .tuple(fc.constantFrom("rsa" as const, "ec" as const), fc.nat(2000), fc.constantFrom(..."ABCxyz019-_."))
    .map(([kind, at, char]) => {
      const text = good[kind]
      const place = at % text.length
      return [text, text.slice(0, place) + char + text.slice(place + 1)] as const
    })
  fc.assert(
    fc.property(changed, ([text, other]) => {
      fc.pre(!isSame(text, other))
      expect(() => verified(other)).toThrow()
    }),
    { numRuns: 500 },
  )
})

/** The last character of base64 has bits that stand for nothing. */
function isSame(text: string, other: string): boolean {
  const [head, body, signature] = text.split(".")
  const parts = other.split(".")
  return (
    parts.length === 3 &&
    parts[0] === head &&
    parts[1] === body &&
    Buffer.from(parts[2]!, "base64url").equals(Buffer.from(signature!, "base64url"))
  )
}
