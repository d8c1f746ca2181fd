import "./reflection.ts"
import { isIP } from "node:net"
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509"
import type { Certificate } from "./http-server.ts"

// Loaded only when a certificate is to be made: once a year.

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }

export async function makeAuthority(from: number, until: number): Promise<Certificate> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    // Who trusts two installations can tell their authorities apart.
    name: `CN=Homeport CA ${await shortId(keys.publicKey)}, O=Homeport`,
    keys,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(from - CLOCK_SKEW_MS),
    notAfter: new Date(until),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { cert: `${certificate.toString("pem")}\n`, key: await pemOf(keys.privateKey) }
}

export async function makeCertificate(
  authority: Certificate,
  names: readonly string[],
  from: number,
  until: number,
): Promise<Certificate> {
  const issuer = new X509Certificate(authority.cert)
  const signingKey = await crypto.subtle.importKey("pkcs8", PemConverter.decodeFirst(authority.key), ALGORITHM, false, [
    "sign",
  ])
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"])
  const certificate = await X509CertificateGenerator.create({
    subject: "CN=Homeport, O=Homeport",
    issuer: issuer.subject,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(from - CLOCK_SKEW_MS),
    notAfter: new Date(Math.min(until, issuer.notAfter.getTime())),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(
        names.map((name) => ({ type: isIP(name) === 0 ? "dns" : "ip", value: name })),
      ),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { cert: `${certificate.toString("pem")}\n`, key: await pemOf(keys.privateKey) }
}

/** The clocks of those who connect may be a little behind. */
const CLOCK_SKEW_MS = 3_600_000

async function pemOf(privateKey: CryptoKey): Promise<string> {
  return `${PemConverter.encode(await crypto.subtle.exportKey("pkcs8", privateKey), "PRIVATE KEY")}\n`
}

async function shortId(publicKey: CryptoKey): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await crypto.subtle.exportKey("spki", publicKey))
  return Buffer.from(digest).toString("hex").slice(0, 8)
}
