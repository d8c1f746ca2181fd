import { hostname } from "node:os"
import { isWildcard } from "./tls.ts"

/** Where clients on this machine reach a server that listens on this address. */
export function endpointOf(address: string, port: number, secured: boolean): string {
  return urlOf(address === "0.0.0.0" ? "127.0.0.1" : address === "::" ? "::1" : address, port, secured)
}

/** Where other machines reach it. */
export function advertised(address: string, port: number, secured: boolean): string {
  return urlOf(isWildcard(address) ? hostname().toLowerCase() : address, port, secured)
}

function urlOf(host: string, port: number, secured: boolean): string {
  return `${secured ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${port}`
}
