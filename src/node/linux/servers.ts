import type { Socket } from "node:net"
import type { Log } from "../../world/log.ts"
import type { Cancel } from "../../world/world.ts"
import { listenOn } from "./listen-on.ts"
import type { NamespaceThread } from "./namespaces/thread.ts"

/**
 * Sockets that listen inside of namespaces. A socket belongs to the namespace in which it was made, whichever thread
 * uses it: the one that goes into namespaces makes it, and this one accepts.
 */
export class Servers {
  readonly #thread: NamespaceThread
  readonly #log: Log
  readonly #open = new Set<Listening>()

  constructor(thread: NamespaceThread, log: Log) {
    this.#thread = thread
    this.#log = log
  }

  async open(
    path: string | undefined,
    address: string,
    port: number,
    connected: (socket: Socket) => void,
  ): Promise<Cancel> {
    const fd = await this.#thread.run("listen", { path, address, port })
    const connections = new Set<Socket>()
    const server = await listenOn(fd, (socket) => {
      connections.add(socket)
      socket.once("close", () => connections.delete(socket))
      connected(socket)
    })
    const listening = { path, address, connections, stop: () => void server.close() }
    this.#open.add(listening)
    return () => void this.#close(listening).catch((error) => this.#log.warn("an address stays", { address, error }))
  }

  /** A socket holds its namespace: before one is taken away, those in it are closed, and what came in through them. */
  closeIn(path: string): void {
    for (const listening of this.#open) {
      if (listening.path !== path) continue
      void this.#close(listening)
      for (const socket of listening.connections) socket.destroy()
    }
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#open].map((listening) => this.#close(listening)))
  }

  async #close(listening: Listening): Promise<void> {
    if (!this.#open.delete(listening)) return
    listening.stop()
    const { path, address } = listening
    const shared = [...this.#open].some((other) => other.path === path && other.address === address)
    // A container's namespace takes its addresses with it.
    if (path === undefined && !shared) await this.#thread.run("forgetAddress", { path, address })
  }
}

interface Listening {
  readonly path: string | undefined
  readonly address: string
  readonly connections: ReadonlySet<Socket>
  stop(): void
}
