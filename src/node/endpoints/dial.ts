import { connect } from "node:net"
import type { Duplex } from "node:stream"
import { connect as connectSecurely } from "node:tls"
import type { Dial } from "./forward.ts"

/** Dials the region's endpoint, over TLS when that is what it speaks: tasks then still speak plain HTTP to their node. */
export function dialRegion(endpoint: string, certificateAuthority?: string): Dial {
  const { protocol, hostname, port } = new URL(endpoint)
  // A literal address of version 6 stands in brackets in a URL, and nowhere else.
  const host = hostname.replace(/^\[|\]$/g, "")
  if (protocol === "http:") {
    const at = { host, port: Number(port || 80), allowHalfOpen: true, noDelay: true }
    return () => ready(connect(at), "connect")
  }
  const at = {
    host,
    port: Number(port || 443),
    allowHalfOpen: true,
    ...(isAddress(host) ? {} : { servername: host }),
    ...(certificateAuthority !== undefined && { ca: certificateAuthority }),
  }
  return () => ready(connectSecurely(at), "secureConnect")
}

function ready<T extends Duplex>(socket: T, event: string): Promise<T> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject)
    socket.once(event, () => {
      socket.off("error", reject)
      resolve(socket)
    })
  })
}

function isAddress(host: string): boolean {
  return host.includes(":") || /^\d+(\.\d+){3}$/.test(host)
}
