import type { IncomingMessage } from "node:http"
import { isIP } from "node:net"
import { checkServerIdentity, type PeerCertificate } from "node:tls"
import type { Headers } from "../aws/http.ts"
import { bodyLength, HOP_HEADER } from "./http-exchange.ts"

// How a request and its answer look when they are passed on.

/** Headers that speak of one connection only. */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
])

export function onward(raw: readonly string[]): string[] {
  const headers: string[] = []
  for (let index = 0; index < raw.length; index += 2) {
    if (!HOP_BY_HOP.has(raw[index]!.toLowerCase())) headers.push(raw[index]!, raw[index + 1]!)
  }
  return headers
}

export function framing(headers: Headers): string[] {
  return bodyLength(headers) === undefined ? ["Transfer-Encoding", "chunked"] : []
}

/** Where the caller found us is told to the leader, unless someone before us has done so. */
export function proxied(headers: Headers, isSecure: boolean): string[] {
  if (headers["x-forwarded-proto"] !== undefined) return []
  return ["X-Forwarded-Proto", isSecure ? "https" : "http"]
}

export function headOf({ method, url, rawHeaders }: IncomingMessage): string {
  let head = `${method} ${url} HTTP/1.1\r\n`
  for (let index = 0; index < rawHeaders.length; index += 2)
    head += `${rawHeaders[index]}: ${rawHeaders[index + 1]}\r\n`
  return `${head}${HOP_HEADER}: 1\r\n\r\n`
}

/** Without the brackets that an IPv6 address has in a URL. */
export function hostOf({ hostname }: URL): string {
  return hostname.startsWith("[") ? hostname.slice(1, -1) : hostname
}

export function portOf({ port, protocol }: URL): number {
  return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port)
}

/** The leader proves who it is by its address, whatever Host the caller has signed. */
export function proofOf(url: URL, ca: readonly string[] | undefined) {
  const host = hostOf(url)
  return {
    servername: isIP(host) === 0 ? host : "",
    checkServerIdentity: (_: string, certificate: PeerCertificate) => checkServerIdentity(host, certificate),
    ...(ca === undefined ? {} : { ca: [...ca] }),
  }
}
