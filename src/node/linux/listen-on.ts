import { createServer, type Server, type Socket } from "node:net"

/**
 * Accepts on a socket that listens already. A connection that cannot be accepted, as when this process has all the files
 * that it may have, is lost, and nothing else is.
 */
export async function listenOn(fd: number, connected: (socket: Socket) => void): Promise<Server> {
  const server = createServer(connected)
  const started = Promise.withResolvers<void>()
  server.on("error", started.reject)
  server.listen({ fd }, started.resolve)
  await started.promise
  return server
}
