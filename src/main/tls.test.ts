import { X509Certificate } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { hostname, tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { CertificateAuthority } from "./ca.ts"
import { type DataDirectory, dataDirectory } from "./data.ts"
import { isLoopback, LOOPBACK, tlsFor } from "./tls.ts"

const now = Date.UTC(2026, 0, 1)
let data: DataDirectory

beforeEach(() => {
  data = dataDirectory(mkdtempSync(join(tmpdir(), "homeport-tls-")))
})
afterEach(() => rmSync(data.path, { recursive: true }))

test("the loopback goes without TLS, and nothing is made for it", async () => {
  expect(await tlsFor({ data, addresses: LOOPBACK, names: [], now })).toBeUndefined()
  expect(new CertificateAuthority(data.ca).certificate()).toBeUndefined()
})

test.each([["10.0.0.4"], ["0.0.0.0"], ["::"], ["fe80::1"], ["127.0.0.1", "10.0.0.4"]])(
  "beyond the loopback there is always TLS: %s %s",
  async (...addresses) => {
    const tls = await tlsFor({ data, addresses: addresses.filter(Boolean), names: [], now })
    expect(tls).toMatchObject({ own: true, ca: [new CertificateAuthority(data.ca).certificate()] })
  },
)

test("the certificate names the addresses, the machine, and what else it is told", async () => {
  const { cert } = (await tlsFor({ data, addresses: ["10.0.0.4"], names: ["region.example"], now }))!
  const certificate = new X509Certificate(cert)

  expect(certificate.checkIP("10.0.0.4")).toBeDefined()
  expect(certificate.checkIP("127.0.0.1")).toBeDefined()
  expect(certificate.checkHost("localhost")).toBeDefined()
  expect(certificate.checkHost("region.example")).toBeDefined()
  expect(certificate.subjectAltName).toContain(hostname().toLowerCase())
})

test("a certificate that is given is taken, on the loopback too", async () => {
  const { cert, key } = await new CertificateAuthority(join(data.path, "other")).issue(["localhost"], now)
  const [certFile, keyFile] = [join(data.path, "cert.pem"), join(data.path, "key.pem")]
  writeFileSync(certFile, cert)
  writeFileSync(keyFile, key)

  expect(await tlsFor({ data, addresses: LOOPBACK, names: [], certFile, keyFile, now })).toEqual({
    cert,
    key,
    own: false,
  })
})

test("a certificate without its key, or one that cannot be used, is refused in a sentence", async () => {
  const { cert } = await new CertificateAuthority(join(data.path, "one")).issue(["localhost"], now)
  const { key } = await new CertificateAuthority(join(data.path, "two")).issue(["localhost"], now)
  const [certFile, keyFile] = [join(data.path, "cert.pem"), join(data.path, "key.pem")]
  writeFileSync(certFile, cert)
  writeFileSync(keyFile, key)
  const given = { data, addresses: LOOPBACK, names: [], now }

  await expect(tlsFor({ ...given, certFile })).rejects.toThrow("give both")
  await expect(tlsFor({ ...given, certFile, keyFile: "/nowhere/key.pem" })).rejects.toThrow(
    "--tls-key /nowhere/key.pem cannot be read (ENOENT).",
  )
  await expect(tlsFor({ ...given, certFile, keyFile })).rejects.toThrow("cannot be used")
})

test.each(["127.0.0.1", "127.8.9.10", "::1", "localhost"])("%s is the loopback", (address) =>
  expect(isLoopback(address)).toBe(true),
)

test.each(["0.0.0.0", "::", "10.0.0.1", "128.0.0.1", "127.0.0.1.example"])("%s is not the loopback", (address) => {
  expect(isLoopback(address)).toBe(false)
})
