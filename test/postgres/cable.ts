import { connect, createServer, type Socket } from "node:net"

/** The network between one process and its database, for a test to break. */
export interface Cable {
  /** The same connection string, by way of this cable. */
  through(connection: string): string

  /** Ends every connection at once, and refuses new ones until it is mended. */
  cut(): void

  /** Swallows everything, both ways and for good, without a word to either side; new connections find nobody. */
  silence(): void

  /** Cuts instead of carrying the next request, or the one so many later: it never arrives. */
  cutBeforeRequest(count?: number): void

  /** Carries the next request, or the one so many later, and cuts when its answer comes back. */
  cutBeforeAnswer(count?: number): void

  /** Resolves when it is cut. */
  isCut(): Promise<void>

  /** Takes new connections again, and plans no further cut. */
  mend(): void

  remove(): Promise<void>
}

/** A cable to a port on loopback. It is cut when more than `bytesMax` have gone to the server. */
export async function layCable(port: number, bytesMax = Number.POSITIVE_INFINITY): Promise<Cable> {
  const sockets = new Set<Socket>()
  let state: "whole" | "cut" | "silent" | "without answer" = "whole"
  let bytes = 0
  let planned: { requestsLeft: number; readonly before: "request" | "answer" } | undefined
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
        if (bytes > bytesMax) return cut()
        if (planned !== undefined && --planned.requestsLeft === 0) {
          if (planned.before === "request") return cut()
          state = "without answer"
        }
        far.write(data)
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
    cutBeforeRequest(count = 1) {
      planned = { requestsLeft: count, before: "request" }
    },
    cutBeforeAnswer(count = 1) {
      planned = { requestsLeft: count, before: "answer" }
    },
    isCut() {
      if (state === "cut") return Promise.resolve()
      return new Promise((resolve) => {
        whenCut = resolve
      })
    },
    mend() {
      state = "whole"
      planned = undefined
    },
    remove() {
      cut()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
