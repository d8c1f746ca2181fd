import { type Home, isPublic, PUBLIC } from "./names.ts"

/**
 * Where clients find a repository. AWS gives each registry a host name of its own, `<account>.dkr.ecr.<region>.amazonaws.com`.
 * A name like that would have to resolve on every machine, and Docker would have to be told that it may be spoken to
 * without TLS: it takes that for granted only where the name resolves into 127.0.0.0/8, and `*.localhost` resolves only
 * where systemd does the resolving. So account and region come first in the path instead, at the address under which
 * the caller has reached us: what reaches the API reaches the registry.
 */
export function repositoryUri(origin: string, home: Home, name: string): string {
  const { account, region } = home
  return `${hostOf(origin)}/${isPublic(home) ? `public/${account}` : `${account}/${region}`}/${name}`
}

/** Where to log in. */
export function registryEndpoint(origin: string): string {
  return origin
}

/** A repository as the address of a request names it. */
export interface Addressed {
  /** Undefined for one of whoever asks. */
  readonly home: Home | undefined
  readonly name: string
}

/** Reads the host, which may be AWS's own name for a registry, and the name behind `/v2/`. */
export function addressed(host: string | undefined, name: string): Addressed {
  const home = homeInHost(host)
  if (home !== undefined) return { home, name }
  const [, owner, open] = OPEN.exec(name) ?? []
  if (open !== undefined) return { home: { account: owner!, region: PUBLIC }, name: open }
  const [, account, region, rest] = PREFIXED.exec(name) ?? []
  if (rest === undefined) return { home: undefined, name }
  return { home: { account: account!, region: region! }, name: rest }
}

export function homeInHost(host: string | undefined): Home | undefined {
  const [, account, region] = HOST.exec(host ?? "") ?? []
  return account === undefined ? undefined : { account, region: region! }
}

function hostOf(origin: string): string {
  return origin.slice(origin.indexOf("://") + 3)
}

const HOST = /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z]{2,}(?:-[a-z]+)+-\d{1,2})\./
const OPEN = /^public\/(\d{12})\/(.+)$/
const PREFIXED = /^(\d{12})\/([a-z]{2,}(?:-[a-z]+)+-\d{1,2})\/(.+)$/
