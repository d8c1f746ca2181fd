import { X509Certificate } from "node:crypto"
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { CertificateAuthority } from "./ca.ts"
import { Refusal } from "./exit.ts"

const DAY = 86_400_000
const now = Date.UTC(2026, 0, 1)
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "homeport-ca-"))
})
afterEach(() => rmSync(folder, { recursive: true }))

const authority = () => new CertificateAuthority(join(folder, "ca"))

test("there is no authority until something is issued", async () => {
  expect(authority().certificate()).toBeUndefined()
  const { ca } = await authority().issue(["localhost"], now)
  expect(authority().certificate()).toBe(ca)
})

test("a certificate is the authority's own, for a server, and for all the names", async () => {
  const { cert, ca } = await authority().issue(["localhost", "127.0.0.1", "::1", "homeport.example"], now)
  const [server, root] = [new X509Certificate(cert), new X509Certificate(ca)]

  expect(server.verify(root.publicKey)).toBe(true)
  expect(server.checkIssued(root)).toBe(true)
  expect([root.ca, server.ca]).toEqual([true, false])
  expect(server.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"])
  expect(server.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: "prime256v1" })
  expect([
    server.checkHost("localhost"),
    server.checkHost("homeport.example"),
    server.checkHost("other.example"),
  ]).toEqual(["localhost", "homeport.example", undefined])
  expect([server.checkIP("127.0.0.1"), server.checkIP("::1"), server.checkIP("10.0.0.1")]).toEqual([
    "127.0.0.1",
    "::1",
    undefined,
  ])
})

test("only this user can read any of it", async () => {
  await authority().issue(["localhost"], now)

  expect(statSync(join(folder, "ca")).mode & 0o777).toBe(0o700)
  for (const name of readdirSync(join(folder, "ca"))) {
    expect([name, statSync(join(folder, "ca", name)).mode & 0o777]).toEqual([name, 0o600])
  }
})

test("the same certificate serves until it is nearly a year old", async () => {
  const first = await authority().issue(["localhost"], now)
  expect(await authority().issue(["localhost"], now + 300 * DAY)).toEqual(first)

  const renewed = await authority().issue(["localhost"], now + 340 * DAY)
  expect(renewed.cert).not.toBe(first.cert)
  expect(renewed.ca).toBe(first.ca)
})

test("another name makes another certificate, of the same authority", async () => {
  const first = await authority().issue(["localhost", "10.0.0.1"], now)
  expect(await authority().issue(["localhost"], now)).toEqual(first)

  const second = await authority().issue(["localhost", "10.0.0.2"], now)
  expect(second.cert).not.toBe(first.cert)
  expect(second.ca).toBe(first.ca)
})

test("a certificate whose key is another one's is replaced", async () => {
  const first = await authority().issue(["localhost"], now)
  const other = await new CertificateAuthority(join(folder, "other")).issue(["localhost"], now)
  writeFileSync(join(folder, "ca", "server.key"), other.key)

  expect((await authority().issue(["localhost"], now)).cert).not.toBe(first.cert)
})

test("an authority that has lost its key is not replaced behind the backs of those who trust it", async () => {
  await authority().issue(["localhost"], now)
  rmSync(join(folder, "ca", "ca.key"))

  await expect(authority().issue(["localhost"], now)).rejects.toThrow("is not complete")
})

test("of two that make an authority at the same moment, both end with the same", async () => {
  const issued = await Promise.all(["one", "two", "three"].map((name) => authority().issue([name], now)))
  const [ca] = new Set(issued.map((each) => each.ca))

  expect(new Set(issued.map((each) => each.ca)).size).toBe(1)
  expect(authority().certificate()).toBe(ca)
  for (const { cert } of issued) {
    expect(new X509Certificate(cert).verify(new X509Certificate(ca!).publicKey)).toBe(true)
  }
  expect(readdirSync(folder)).toEqual(["ca"])
})

test("an authority whose making was broken off holds up nobody", async () => {
  // Whoever makes one is killed before it is complete.
  mkdirSync(join(folder, "ca.Xy12Zw"))
  writeFileSync(join(folder, "ca.Xy12Zw", "ca.key"), "half a k")
  mkdirSync(join(folder, "ca"))

  const { ca } = await authority().issue(["localhost"], now)
  expect(authority().certificate()).toBe(ca)
})

test.each([
  ["server.crt", ""],
  ["server.crt", "-----BEGIN CERTIFICATE-----\nMIIB"],
  ["server.key", ""],
])("a certificate that a loss of power has spoilt is made again: %s with '%s'", async (name, content) => {
  const first = await authority().issue(["localhost"], now)
  writeFileSync(join(folder, "ca", name), content)

  const again = await authority().issue(["localhost"], now)
  expect(again.ca).toBe(first.ca)
  expect(again.cert).not.toBe(first.cert)
  expect(await authority().issue(["localhost"], now)).toEqual(again)
})

test.each(["ca.crt", "ca.key"])("an authority that cannot be read is refused in a sentence: %s", async (name) => {
  await authority().issue(["localhost"], now)
  writeFileSync(join(folder, "ca", name), "")
  await expect(authority().issue(["localhost"], now)).rejects.toThrow(Refusal)

  rmSync(join(folder, "ca", name))
  mkdirSync(join(folder, "ca", name))
  await expect(authority().issue(["localhost"], now)).rejects.toThrow(
    `${join(folder, "ca", name)} of the certificate authority cannot be read (EISDIR).`,
  )
})

test("two authorities have different names, so that one machine can trust both", async () => {
  const { ca: one } = await authority().issue(["localhost"], now)
  const { ca: two } = await new CertificateAuthority(join(folder, "other")).issue(["localhost"], now)

  expect(new X509Certificate(one).subject).not.toBe(new X509Certificate(two).subject)
})
