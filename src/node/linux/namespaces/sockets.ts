import { closeSync } from "node:fs"
import type { PublishedPort } from "../../engine/engine.ts"
import { addressBytes } from "../ipv4.ts"
import {
  AF_INET,
  bind,
  bindToInterface,
  isSystemError,
  listen,
  reuseAddress,
  SOCK_DGRAM,
  SOCK_STREAM,
  SystemError,
  socket,
} from "../libc.ts"

/** Throws when someone has the port in the namespace of this thread. */
export function assertFree({ hostPort, protocol }: PublishedPort): void {
  const fd = socket(AF_INET, protocol === "tcp" ? SOCK_STREAM : SOCK_DGRAM)
  try {
    if (protocol === "tcp") reuseAddress(fd)
    bind(fd, socketAddress("0.0.0.0", hostPort))
    // Two may be bound to a port with the address reused, and only one may listen.
    if (protocol === "tcp") listen(fd, 1)
  } catch (error) {
    throw isSystemError(error, "EADDRINUSE") ? new SystemError(portAllocated(hostPort), "EADDRINUSE") : error
  } finally {
    closeSync(fd)
  }
}

/** As Docker says it. */
export function portAllocated(port: number): string {
  return `Bind for 0.0.0.0:${port} failed: port is already allocated`
}

export function openListening(address: string, port: number, link?: string): number {
  const fd = socket(AF_INET, SOCK_STREAM)
  try {
    reuseAddress(fd)
    if (link !== undefined) bindToInterface(fd, link)
    bind(fd, socketAddress(address, port))
    listen(fd, BACKLOG)
    return fd
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

const BACKLOG = 511

function socketAddress(address: string, port: number): Buffer {
  const bytes = Buffer.alloc(16)
  bytes.writeUInt16LE(AF_INET, 0)
  bytes.writeUInt16BE(port, 2)
  addressBytes(address).copy(bytes, 4)
  return bytes
}
