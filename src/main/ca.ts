import { createPrivateKey, X509Certificate } from "node:crypto"
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { isIP } from "node:net"
import { join } from "node:path"
import { Refusal } from "./exit.ts"
import type { Certificate } from "./http-server.ts"

/** Homeport's own certificate authority: for who has no certificate of his own and still wants others to reach him. */
export class CertificateAuthority {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** What clients must trust; undefined when there is no authority yet. */
  certificate(): string | undefined {
    return this.#read("ca.crt")
  }

  /** A certificate for these names and addresses: the last one where it still serves, else a new one. */
  async issue(names: readonly string[], now: number): Promise<Certificate & { readonly ca: string }> {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    const authority = this.#authority() ?? (await this.#makeAuthority(now))
    const ca = authority.cert
    const cert = this.#read("server.crt")
    const key = this.#read("server.key")
    if (cert !== undefined && key !== undefined && serves(cert, key, ca, names, now)) return { cert, key, ca }

    const { makeCertificate } = await import("./certificate.ts")
    const made = await makeCertificate(authority, names, now, now + SERVER_DAYS * DAY_MS)
    this.#write("server.key", made.key)
    this.#write("server.crt", made.cert)
    return { ...made, ca }
  }

  #authority(): Certificate | undefined {
    const cert = this.#read("ca.crt")
    const key = this.#read("ca.key")
    if (cert === undefined && key === undefined) return undefined
    if (cert === undefined || key === undefined || !new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
      throw new Refusal(
        `The certificate authority in ${this.#folder} is not complete. Bring back ca.crt and ca.key, or move the directory away for a new one.`,
      )
    }
    return { cert, key }
  }

  async #makeAuthority(now: number): Promise<Certificate> {
    const { makeAuthority } = await import("./certificate.ts")
    const made = await makeAuthority(now, now + AUTHORITY_DAYS * DAY_MS)
    this.#write("ca.key", made.key)
    this.#write("ca.crt", made.cert)
    return made
  }

  #read(name: string): string | undefined {
    try {
      return readFileSync(join(this.#folder, name), "utf8")
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined
      throw error
    }
  }

  #write(name: string, content: string): void {
    const path = join(this.#folder, name)
    writeFileSync(`${path}.new`, content, { mode: 0o600 })
    renameSync(`${path}.new`, path)
  }
}

/** Whether a certificate is this authority's, good for all of these names, and not about to run out. */
function serves(cert: string, key: string, ca: string, names: readonly string[], now: number): boolean {
  const certificate = new X509Certificate(cert)
  return (
    certificate.verify(new X509Certificate(ca).publicKey) &&
    certificate.checkPrivateKey(createPrivateKey(key)) &&
    certificate.validFromDate.getTime() <= now &&
    certificate.validToDate.getTime() - now > RENEWED_BEFORE_DAYS * DAY_MS &&
    names.every((name) => (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined)
  )
}

const DAY_MS = 86_400_000
const AUTHORITY_DAYS = 3_650

/** The longest that browsers and Apple's systems take. */
const SERVER_DAYS = 397
const RENEWED_BEFORE_DAYS = 60
