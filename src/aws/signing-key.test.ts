import { expect, test } from "vitest"
import { isSameSignature, SigningKeys, sign } from "./signing-key.ts"

const credential = "AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request"
const secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

test("the signing key is the one of AWS's published example", () => {
  const key = new SigningKeys().of(credential, secret)

  expect(key.export().toString("hex")).toBe("c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9")
})

test("a derived key is kept until newer ones need its place", () => {
  const keys = new SigningKeys(2)
  const first = keys.of(credential, secret)
  keys.of(`${credential}2`, secret)
  expect(keys.of(credential, secret)).toBe(first)

  keys.of(`${credential}3`, secret)
  const again = keys.of(credential, secret)
  expect(again).not.toBe(first)
  expect(again.equals(first)).toBe(true)
})

test("another secret gives another key, also where the old one was kept", () => {
  const keys = new SigningKeys()
  const first = keys.of(credential, secret)

  expect(keys.of(credential, "another").equals(first)).toBe(false)
  expect(keys.of(credential, secret).equals(first)).toBe(true)
})

test("signatures are the same only byte for byte", () => {
  const signature = sign(new SigningKeys().of(credential, secret), "text")

  expect(isSameSignature(signature, signature)).toBe(true)
  expect(isSameSignature(signature, signature.toUpperCase())).toBe(false)
  expect(isSameSignature(signature, signature.slice(1))).toBe(false)
  expect(isSameSignature(signature, `${signature.slice(1)}\u0161`)).toBe(false)
})
