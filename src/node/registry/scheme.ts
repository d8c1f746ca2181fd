/** Which registries may be spoken to without TLS, and which are. */
export interface Schemes {
  mayBePlain(host: string): boolean

  /** Whether something secret may be sent there. */
  allows(url: URL): boolean

  /** Where a registry's API begins. `probe` rejects when nobody answers there. */
  baseOf(host: string, probe: (url: URL) => Promise<unknown>): Promise<URL>

  /** Something went wrong there; it may have been started anew in another way. */
  forget(host: string): void
}

/**
 * As Docker does it: TLS everywhere, and for registries on this machine and those that the operator names also
 * without, where TLS does not work. What TLS would protect them from is not between us and them.
 */
export function schemeChooser(plainHttp: readonly string[]): Schemes {
  const plain = new Set(plainHttp)
  const bases = new Map<string, URL>()
  const mayBePlain = (host: string) => plain.has(host) || plain.has(nameOf(host)) || LOOPBACK.test(nameOf(host))
  return {
    mayBePlain,
    allows: (url) => url.protocol === "https:" || (url.protocol === "http:" && mayBePlain(url.host)),
    async baseOf(host, probe) {
      if (host === "docker.io") return new URL("https://registry-1.docker.io/")
      const secure = new URL(`https://${host}/`)
      if (!mayBePlain(host)) return secure

      const known = bases.get(host)
      if (known !== undefined) return known
      const base = await probe(new URL("v2/", secure)).then(
        () => secure,
        () => new URL(`http://${host}/`),
      )
      bases.set(host, base)
      return base
    },
    forget: (host) => void bases.delete(host),
  }
}

function nameOf(host: string): string {
  return host.replace(/:\d+$/, "")
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/
