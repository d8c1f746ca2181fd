import { connect, createServer, type Socket } from "node:net"

/** The network between one process and its database, for a test to break. */
export interface Cable {
  /** The same connection string, by way of this cable. */
  through(connection: string): string

  /** Ends every connection at once, and refuses new ones until it is mended. */
  cut(): void

  /** Swallows everything, both ways and for good, without a word to either side; new connections find nobody. */
  silence(): void

  /** Lets the next request through, and cuts when its answer comes back. */
  cutBeforeAnswer(): void

  /** Resolves when it is cut. */
  isCut(): Promise<void>

  /** Takes new connections again. */
  mend(): void

  remove(): Promise<void>
}

/** A cable to a port on loopback. It is cut when more than `bytesMax` have gone to the server. */
export async function layCable(port: number, bytesMax = Number.POSITIVE_INFINITY): Promise<Cable> {
  const sockets = new Set<Socket>()
  let state: "whole" | "cut" | "silent" | "without answer" = "whole"
  let bytes = 0
  let whenCut = () => {}

  function plug(socket: Socket, onData: (data: Buffer) => void, onClose: () => void): void {
    sockets.add(socket)
    socket.setNoDelay(true)
    // An end that breaks closes as well, and what follows from that is said there.
    socket.on("error", () => {})
    socket.on("data", (data: Buffer) => {
      if (state !== "silent") onData(data)
    })
    socket.on("close", () => {
      sockets.delete(socket)
      if (state !== "silent") onClose()
    })
  }

  function cut(): void {
    state = "cut"
    whenCut()
    for (const socket of sockets) socket.destroy()
  }

  const server = createServer((near) => {
    if (state === "cut") near.destroy()
    const far = connect(port, "127.0.0.1")
    plug(
      near,
      (data) => {
        bytes += data.length
        if (bytes > bytesMax) cut()
        else far.write(data)
      },
      () => far.destroy(),
    )
    plug(
      far,
      (data) => {
        if (state === "without answer") cut()
        else near.write(data)
      },
      () => near.destroy(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address() as { readonly port: number }

  return {
    through(connection) {
      const url = new URL(connection)
      url.port = String(address.port)
      return url.href
    },
    cut,
    silence() {
      state = "silent"
    },
    cutBeforeAnswer() {
      state = "without answer"
    },
    isCut() {
      if (state === "cut") return Promise.resolve()
      return new Promise((resolve) => {
        whenCut = resolve
      })
    },
    mend() {
      state = "whole"
    },
    remove() {
      cut()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
