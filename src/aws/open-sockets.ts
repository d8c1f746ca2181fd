import type { Socket } from "./socket.ts"

/** The sockets that are open now, within bounds, so that they can be ended together. */
export class OpenSockets {
  readonly #open = new Map<Socket, string>()
  readonly #byAccount = new Map<string, number>()
  #over = false

  get size(): number {
    return this.#open.size
  }

  hasRoomFor(account: string): boolean {
    return !this.#over && this.#open.size < ALL_MAX && (this.#byAccount.get(account) ?? 0) < PER_ACCOUNT_MAX
  }

  /** Hands a socket to who asked for it, and knows of it until its end. */
  hold(socket: Socket, account: string, take: (socket: Socket) => void): void {
    if (this.#over) {
      socket.close(RESTART, "Homeport is stopping")
      return
    }
    this.#open.set(socket, account)
    this.#byAccount.set(account, (this.#byAccount.get(account) ?? 0) + 1)
    take({
      get waitingBytes() {
        return socket.waitingBytes
      },
      send: (text) => socket.send(text),
      close: (code, reason) => socket.close(code, reason),
      listen: (listener) =>
        socket.listen({
          message: (text) => listener.message(text),
          closed: (code, reason) => {
            this.#letGo(socket)
            listener.closed(code, reason)
          },
        }),
    })
  }

  /** Ends them all, and takes no more. The code is one that makes clients wait a moment before they come again. */
  end(): void {
    this.#over = true
    for (const socket of this.#open.keys()) socket.close(RESTART, "Homeport is stopping")
  }

  #letGo(socket: Socket): void {
    const account = this.#open.get(socket)
    if (account === undefined) return
    this.#open.delete(socket)
    const count = this.#byAccount.get(account)! - 1
    if (count === 0) this.#byAccount.delete(account)
    else this.#byAccount.set(account, count)
  }
}

/** "Service restart", of the registered codes. */
const RESTART = 1012

/** Two for each machine of a large installation. */
const ALL_MAX = 65_536
const PER_ACCOUNT_MAX = 32_768
