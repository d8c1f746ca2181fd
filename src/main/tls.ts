import { readFileSync } from "node:fs"
import { isIP } from "node:net"
import { hostname, networkInterfaces } from "node:os"
import { createSecureContext } from "node:tls"
import { CertificateAuthority } from "./ca.ts"
import type { DataDirectory } from "./data.ts"
import { Refusal } from "./exit.ts"
import type { Certificate } from "./http-server.ts"

/** How connections are secured. */
export interface Tls extends Certificate {
  /** The authorities to check other processes of this installation by; undefined for those of the system. */
  readonly ca?: readonly string[]

  /** Homeport's own authority issued the certificate, so that clients must be told to trust it. */
  readonly own: boolean
}

export interface TlsOptions {
  readonly data: DataDirectory
  readonly addresses: readonly string[]

  /** Names under which the process is reached besides its addresses. */
  readonly names: readonly string[]
  readonly certFile?: string
  readonly keyFile?: string
  readonly now: number
}

export const LOOPBACK = ["127.0.0.1", "::1"]

export function isLoopback(address: string): boolean {
  return address === "::1" || address === "localhost" || /^127(\.\d+){3}$/.test(address)
}

/** Undefined on the loopback without a certificate: there nobody can listen in. Everywhere else there is always one. */
export async function tlsFor({ data, addresses, names, certFile, keyFile, now }: TlsOptions): Promise<Tls | undefined> {
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw new Refusal("A certificate and its key come together: give both --tls-cert and --tls-key.")
  }
  if (certFile !== undefined) return given(certFile, keyFile!)
  if (addresses.every(isLoopback)) return undefined
  const { cert, key, ca } = await new CertificateAuthority(data.ca).issue(namesFor(addresses, names), now)
  return { cert, key, ca: [ca], own: true }
}

function given(certFile: string, keyFile: string): Tls {
  const cert = readPem(certFile, "--tls-cert")
  const key = readPem(keyFile, "--tls-key")
  try {
    createSecureContext({ cert, key })
  } catch (error) {
    throw new Refusal(
      `The certificate ${certFile} and the key ${keyFile} cannot be used: ${(error as Error).message}.`,
      undefined,
      { cause: error },
    )
  }
  return { cert, key, own: false }
}

function readPem(file: string, option: string): string {
  try {
    return readFileSync(file, "utf8")
  } catch (error) {
    throw new Refusal(`${option} ${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`, undefined, {
      cause: error,
    })
  }
}

/** Everything by which a client may call this machine when it listens on these addresses. */
function namesFor(addresses: readonly string[], names: readonly string[]): string[] {
  const all = new Set(["localhost", ...LOOPBACK, hostname().toLowerCase(), ...names])
  for (const address of addresses) {
    if (!isWildcard(address)) all.add(address)
    else for (const own of ownAddresses()) all.add(own)
  }
  return [...all].filter((name) => isIP(name) !== 0 || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(name))
}

export function isWildcard(address: string): boolean {
  return address === "0.0.0.0" || address === "::"
}

function ownAddresses(): string[] {
  // Addresses of one link only, which come with its name, are nothing that a certificate can hold.
  return Object.values(networkInterfaces())
    .flatMap((each) => each?.map(({ address }) => address) ?? [])
    .filter((address) => !address.startsWith("fe80:"))
}
