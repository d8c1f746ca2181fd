import { createSocket } from "node:dgram"
import { connect, type Socket } from "node:net"
import { connect as connectSecurely } from "node:tls"
import type { LogAddress } from "./address.ts"
import { readOptionFile } from "./option-file.ts"

/** Carries bytes to where a log is sent. It is opened with the first of them, and again after a failure. */
export interface LogConnection {
  /** Rejects when there is nobody. */
  open(): Promise<void>

  /** Resolves when this machine has sent them off; for datagrams each is one. */
  send(messages: readonly Uint8Array[]): Promise<void>
  close(): Promise<void>
}

/** Paths of files, as the options of drivers name them. */
export interface TlsFiles {
  readonly ca?: string | undefined
  readonly certificate?: string | undefined
  readonly key?: string | undefined
  readonly skipsVerify: boolean
}

export type Connect = (address: LogAddress, tls?: TlsFiles) => LogConnection

export const connectLog: Connect = (address, tls) =>
  address.kind === "udp" ? datagrams(address) : stream(() => dial(address, tls))

function stream(dialled: () => { readonly socket: Socket; readonly ready: string }): LogConnection {
  let open: { readonly socket: Socket; readonly isReady: Promise<unknown> } | undefined
  const opened = async () => {
    if (open === undefined) {
      const { socket, ready } = dialled()
      const isReady = new Promise<void>((resolve, reject) => {
        socket.once(ready, resolve)
        socket.on("error", reject)
        socket.on("close", () => {
          if (open?.socket === socket) open = undefined
          reject(new Error("the connection was closed"))
        })
      })
      // Nobody says anything on it, and an end that is not read is not noticed.
      socket.resume()
      open = { socket, isReady }
    }
    const { socket, isReady } = open
    await isReady
    return socket
  }
  return {
    open: async () => void (await opened()),
    async send(messages) {
      const socket = await opened()
      await new Promise<void>((resolve, reject) => {
        socket.write(Buffer.concat(messages), (error) => (error ? reject(error) : resolve()))
      })
    },
    async close() {
      const socket = open?.socket
      open = undefined
      // Also one that is not ready yet, and may never be.
      socket?.destroy()
    },
  }
}

function dial(address: LogAddress, tls: TlsFiles | undefined): { readonly socket: Socket; readonly ready: string } {
  if (address.kind === "unix") return { socket: connect(address.path), ready: "connect" }
  const { host, port } = address
  if (address.kind === "tcp") return { socket: connect({ host, port }), ready: "connect" }
  const files = { ca: tls?.ca, cert: tls?.certificate, key: tls?.key }
  const read = Object.entries(files).flatMap(([name, path]) => (path ? [[name, readOptionFile(path)] as const] : []))
  const options = { host, port, rejectUnauthorized: !tls?.skipsVerify, ...Object.fromEntries(read) }
  return { socket: connectSecurely(options), ready: "secureConnect" }
}

function datagrams({ host, port }: { readonly host: string; readonly port: number }): LogConnection {
  let socket: ReturnType<typeof createSocket> | undefined
  const open = () => {
    if (socket === undefined) {
      socket = createSocket(host.includes(":") ? "udp6" : "udp4")
      socket.on("error", () => {})
      socket.unref()
    }
    return socket
  }
  return {
    open: async () => void open(),
    async send(messages) {
      const from = open()
      for (const message of messages) {
        await new Promise<void>((resolve, reject) => {
          from.send(message, port, host, (error) => (error ? reject(error) : resolve()))
        })
      }
    },
    async close() {
      socket?.close()
      socket = undefined
    },
  }
}
