import { createPrivateKey, X509Certificate } from "node:crypto"
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs"
import { isIP } from "node:net"
import { dirname, join } from "node:path"
import { syncDirectory, writeDurably } from "./durable-file.ts"
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
    return this.#readOwn("ca.crt")
  }

  /** A certificate for these names and addresses: the last one where it still serves, else a new one. */
  async issue(names: readonly string[], now: number): Promise<Certificate & { readonly ca: string }> {
    const authority = this.#authority() ?? (await this.#makeAuthority(now))
    const ca = authority.cert
    const last = this.#issued()
    if (last !== undefined && serves(last, ca, names, now)) return { ...last, ca }

    const { makeCertificate } = await import("./certificate.ts")
    const made = await makeCertificate(authority, names, now, now + SERVER_DAYS * DAY_MS)
    writeDurably(join(this.#folder, "server.key"), made.key)
    writeDurably(join(this.#folder, "server.crt"), made.cert)
    return { ...made, ca }
  }

  #authority(): Certificate | undefined {
    const cert = this.#readOwn("ca.crt")
    const key = this.#readOwn("ca.key")
    if (cert === undefined && key === undefined) return undefined
    if (cert === undefined || key === undefined || !belongTogether(cert, key)) throw this.#incomplete()
    return { cert, key }
  }

  /** It is there whole or not at all. Of two that make one at the same moment, both end with that of the first. */
  async #makeAuthority(now: number): Promise<Certificate> {
    const { makeAuthority } = await import("./certificate.ts")
    const made = await makeAuthority(now, now + AUTHORITY_DAYS * DAY_MS)
    mkdirSync(dirname(this.#folder), { recursive: true, mode: 0o700 })
    const draft = mkdtempSync(`${this.#folder}.`)
    try {
      writeDurably(join(draft, "ca.key"), made.key)
      writeDurably(join(draft, "ca.crt"), made.cert)
      // It takes the place of an empty directory, and of nothing else.
      renameSync(draft, this.#folder)
    } catch (error) {
      rmSync(draft, { recursive: true, force: true })
      if (!TAKEN.has((error as NodeJS.ErrnoException).code)) throw error
      const others = this.#authority()
      if (others === undefined) throw this.#incomplete()
      return others
    }
    syncDirectory(dirname(this.#folder))
    return made
  }

  /** What a loss of power has left behind may be anything; it is made again. */
  #issued(): Certificate | undefined {
    try {
      return {
        cert: readFileSync(join(this.#folder, "server.crt"), "utf8"),
        key: readFileSync(join(this.#folder, "server.key"), "utf8"),
      }
    } catch {
      return undefined
    }
  }

  /** A file of the authority itself, which nobody can make again. */
  #readOwn(name: string): string | undefined {
    const path = join(this.#folder, name)
    try {
      return readFileSync(path, "utf8")
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === "ENOENT") return undefined
      throw new Refusal(
        `${path} of the certificate authority cannot be read (${code}). Make it readable for the user that runs Homeport.`,
        undefined,
        { cause: error },
      )
    }
  }

  #incomplete(): Refusal {
    return new Refusal(
      `The certificate authority in ${this.#folder} is not complete. Bring back ca.crt and ca.key, or move the directory away for a new one.`,
    )
  }
}

const TAKEN: ReadonlySet<string | undefined> = new Set(["ENOTEMPTY", "EEXIST", "ENOTDIR"])

function belongTogether(cert: string, key: string): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))
  } catch {
    return false
  }
}

/** Whether a certificate is this authority's, good for all of these names, and not about to run out. */
function serves({ cert, key }: Certificate, ca: string, names: readonly string[], now: number): boolean {
  if (!belongTogether(cert, key)) return false
  const certificate = new X509Certificate(cert)
  return (
    certificate.verify(new X509Certificate(ca).publicKey) &&
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
