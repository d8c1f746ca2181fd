import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { expect, test } from "vitest"
import { listenOn } from "./listen-on.ts"
import { openListening } from "./namespaces/sockets.ts"

test("connections that cannot be accepted do not end the listening, however many they are", async () => {
  const accepted: Socket[] = []
  const server = await listenOn(openListening("127.0.0.1", 0), (socket) => accepted.push(socket))
  try {
    // As Node tells of it when there are no file descriptors left.
    for (let count = 0; count < 3; count++) server.emit("error", new Error("accept EMFILE"))
    const { port } = server.address() as { port: number }
    const socket = connect(port, "127.0.0.1")
    await once(server, "connection")
    expect(accepted).toHaveLength(1)
    socket.destroy()
    accepted[0]!.destroy()
  } finally {
    server.close()
  }
})
