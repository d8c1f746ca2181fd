import type { Headers } from "../aws/http.ts"
import { isLoopback } from "./tls.ts"

/**
 * Whether a page from elsewhere, open in a browser on this machine, sent the request. Where any credentials will do,
 * such a page could otherwise act here behind its reader's back, also by a name of its own that leads to the loopback.
 */
export function isFromForeignPage({ origin, host, "sec-fetch-site": site }: Headers): boolean {
  if (origin !== undefined) return !isLocal(URL.parse(origin)?.host ?? "")
  // A browser leaves out the origin where it takes the page for ours: that is by the name that the page chose.
  return site !== undefined && site !== "none" && !isLocal(host ?? "")
}

function isLocal(host: string): boolean {
  const name = host.replace(/:\d+$/, "").replace(/^\[|\]$/g, "")
  return isLoopback(name) || name.endsWith(".localhost")
}
