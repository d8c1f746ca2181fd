import { once } from "node:events"
import { createServer, type Socket } from "node:net"
import { expect, test } from "vitest"
import { connectLog } from "./connection.ts"

async function aServer() {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    socket.on("error", () => {})
    sockets.push(socket)
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as { port: number }
  return {
    server,
    sockets,
    port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

test("a connection whose other side never gets ready is let go of at once", async () => {
  await using there = await aServer()
  const connection = connectLog({ kind: "tls", host: "127.0.0.1", port: there.port })
  const opening = expect(connection.open()).rejects.toThrow()
  const [socket] = (await once(there.server, "connection")) as [Socket]
  const closed = once(socket, "close")
  socket.resume()
  await connection.close()
  await opening
  await closed
})

test("a connection that was lost is made again with the next lines", async () => {
  await using there = await aServer()
  const connection = connectLog({ kind: "tcp", host: "127.0.0.1", port: there.port })
  await connection.open()
  await connection.close()
  await connection.open()
  await connection.send([Buffer.from("hello")])
  while (there.sockets.length < 2) await once(there.server, "connection")
  const [said] = (await once(there.sockets[1]!, "data")) as [Buffer]
  expect(said.toString()).toBe("hello")
  await connection.close()
})
