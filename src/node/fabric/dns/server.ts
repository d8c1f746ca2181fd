import { createSocket } from "node:dgram"
import { createServer, type Socket } from "node:net"
import type { World } from "../../../world/world.ts"
import { familyOf } from "../../linux/ip.ts"
import type { NamespaceThread } from "../../linux/namespaces/thread.ts"
import { frame, readFrames } from "./frames.ts"

export type Transport = "datagram" | "stream"
export type Responder = (query: Buffer, transport: Transport) => Promise<Buffer | undefined>

/** The sockets of one resolver at one address inside of a router. */
export interface DnsServer {
  close(): void
}

export async function openDnsServer(
  parts: { readonly thread: NamespaceThread; readonly world: Pick<World, "after"> },
  path: string,
  address: string,
  respond: Responder,
): Promise<DnsServer> {
  const fdOf = (kind: Transport) => parts.thread.run("openSocket", { path, kind, address, port: PORT })
  const closeDatagrams = await openDatagrams(await fdOf("datagram"), address, respond)
  try {
    const closeStreams = await openStreams(await fdOf("stream"), parts.world, respond)
    return {
      close() {
        closeDatagrams()
        closeStreams()
      },
    }
  } catch (error) {
    closeDatagrams()
    throw error
  }
}

const PORT = 53

async function openDatagrams(fd: number, address: string, respond: Responder): Promise<() => void> {
  const socket = createSocket(familyOf(address) === 4 ? "udp4" : "udp6")
  let isOpen = true
  socket.on("message", (query, { port, address: asker }) => {
    respond(query, "datagram").then(
      (answer) => {
        if (answer !== undefined && isOpen) socket.send(answer, port, asker)
      },
      () => {},
    )
  })
  const bound = Promise.withResolvers<void>()
  // Somebody who asked and is gone is none of our concern.
  socket.on("error", bound.reject)
  socket.bind({ fd }, bound.resolve)
  await bound.promise
  return () => {
    isOpen = false
    socket.close()
  }
}

async function openStreams(fd: number, world: Pick<World, "after">, respond: Responder): Promise<() => void> {
  const connections = new Set<Socket>()
  const server = createServer((socket) => {
    connections.add(socket)
    const cancel = world.after(STREAM_MS_MAX, () => socket.destroy())
    socket.once("close", () => {
      cancel()
      connections.delete(socket)
    })
    socket.on("error", () => socket.destroy())
    readFrames(socket, (query) => {
      respond(query, "stream").then(
        (answer) => {
          if (answer === undefined) socket.destroy()
          else if (!socket.destroyed) socket.write(frame(answer))
        },
        () => socket.destroy(),
      )
    })
  })
  server.maxConnections = CONNECTIONS_MAX
  const listening = Promise.withResolvers<void>()
  server.once("error", listening.reject)
  server.listen({ fd }, listening.resolve)
  await listening.promise
  return () => {
    server.close()
    for (const socket of connections) socket.destroy()
  }
}

const STREAM_MS_MAX = 30_000
const CONNECTIONS_MAX = 256
