/** How a registry wants to be told who asks. */
export type Challenge =
  | { readonly scheme: "basic" }
  | { readonly scheme: "bearer"; readonly realm: string; readonly service?: string; readonly scope?: string }

/** Reads `WWW-Authenticate`; of several ways it takes the one with tokens. Undefined when it is none that we know. */
export function readChallenge(header: string | undefined): Challenge | undefined {
  const bearer = /(?:^|[,\s])bearer\s+(.*)$/is.exec(header ?? "")?.[1]
  if (bearer !== undefined) {
    const told = Object.fromEntries(
      [...bearer.matchAll(/([a-z_]+)=(?:"([^"]*)"|([^\s,"]+))/gi)].map(
        ([, name, quoted, bare]) => [name!.toLowerCase(), quoted ?? bare!] as const,
      ),
    )
    const { realm, service, scope } = told
    if (realm) return { scheme: "bearer", realm, ...(service && { service }), ...(scope && { scope }) }
  }
  return /(?:^|[,\s])basic(?:\s|$)/i.test(header ?? "") ? { scheme: "basic" } : undefined
}
