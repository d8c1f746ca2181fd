import { connect, createServer, type Socket } from "node:net"

/** The network between one process and its database, for a test to break. */
export interface Cable {
  /** The same connection string, by way of this cable. */
  through(connection: string): string

  /** Ends every connection at once, and refuses new ones until it is mended. */
  cut(): void

  /** Swallows everything, both ways, without a word to either side; new connections find nobody. */
  silence(): void

  /** Takes and passes on new connections again. What was cut or silenced stays lost. */
  mend(): void

  /** Passes on what comes from the client from now on, and cuts before the server's answer would go back. */
  cutBeforeAnswer(): void

  /** Resolves when it is cut. */
  isCut(): Promise<void>

  remove(): Promise<void>
}

/** A cable to a port on loopback. It is cut for good when `bytesMax` have gone to the server. */
export async function layCable(port: number, bytesMax = Number.POSITIVE_INFINITY): Promise<Cable> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let state: "whole" | "cut" | "silent" | "without answer" = "whole"
  let bytes = 0
  let whenCut = () => {}

  const server = createServer((near) => {
    near.on("error", () => {})
    if (state === "cut") near.destroy()
    if (state === "cut" || state === "silent") return
    const far = connect(port, "127.0.0.1")
    const pair = [near, far] as const
    pairs.add(pair)
    let silenced = false
    const end = () => {
      pairs.delete(pair)
      if (silenced) return
      near.destroy()
      far.destroy()
    }
    const isSilent = () => {
      silenced ||= state === "silent"
      return silenced
    }
    near.setNoDelay(true)
    far.setNoDelay(true)
    near.on("error", end).on("close", () => !isSilent() && end())
    far.on("error", end).on("close", () => !isSilent() && end())
    near.on("data", (data) => {
      bytes += data.length
      if (bytes > bytesMax) cable.cut()
      else if (!isSilent()) far.write(data)
    })
    far.on("data", (data) => {
      if (state === "without answer") cable.cut()
      else if (!isSilent()) near.write(data)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address() as { readonly port: number }

  const cable: Cable = {
    through(connection) {
      const url = new URL(connection)
      url.port = String(address.port)
      return url.href
    },
    cut() {
      state = "cut"
      whenCut()
      for (const sockets of pairs) for (const socket of sockets) socket.destroy()
    },
    silence() {
      state = "silent"
    },
    mend() {
      state = "whole"
    },
    cutBeforeAnswer() {
      state = "without answer"
    },
    isCut() {
      return state === "cut"
        ? Promise.resolve()
        : new Promise((resolve) => {
            whenCut = resolve
          })
    },
    remove() {
      cable.cut()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
  return cable
}
