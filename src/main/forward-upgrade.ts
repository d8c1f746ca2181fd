import type { IncomingMessage } from "node:http"
import { connect, type Socket } from "node:net"
import type { Duplex } from "node:stream"
import { connect as connectTls } from "node:tls"
import type { World } from "../world/world.ts"
import { headOf, hostOf, portOf, proofOf } from "./onward.ts"

/** Who asks to speak another protocol on its connection. Node leaves that connection to us, its end included. */
export class UpgradingCaller {
  readonly request: IncomingMessage
  readonly socket: Duplex

  /** What came right behind the request. */
  readonly head: Buffer
  readonly #gone = new AbortController()
  readonly #leave = () => {
    this.#gone.abort()
    this.socket.destroy()
  }

  constructor(request: IncomingMessage, socket: Duplex, head: Buffer) {
    this.request = request
    this.socket = socket
    this.head = head
    // Who has said its last word before there was an answer does not want one.
    socket.on("error", this.#leave).once("close", this.#leave).once("end", this.#leave)
  }

  /** Raised when it has gone away. */
  get signal(): AbortSignal {
    return this.#gone.signal
  }

  get isGone(): boolean {
    return this.#gone.signal.aborted || this.socket.destroyed
  }

  /** From now on it is for others to say what the end of its words means. */
  letGo(): void {
    this.socket.off("end", this.#leave)
  }

  refuse(): void {
    this.socket.end(UNAVAILABLE_HEAD, () => this.socket.destroy())
  }
}

const UNAVAILABLE_HEAD =
  "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

/** A connection that stays, as agents keep them. */
export interface PassedUpgrade {
  readonly leader: string

  /** Resolves when it is over. */
  readonly ended: Promise<void>
  end(): void
}

export interface PassOptions {
  readonly world: Pick<World, "after">

  /** The only authorities that may vouch for the leader; undefined for those of the system. */
  readonly ca: readonly string[] | undefined
  readonly connectMsMax: number
}

/** Puts the caller through to the leader: its request as it came, and from then on every byte, both ways. */
export function passUpgrade(caller: UpgradingCaller, leader: string, options: PassOptions): PassedUpgrade {
  const { request, socket, head, signal } = caller
  const url = new URL(leader)
  const upstream = connectTo(url, options.ca)
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  let connected = false
  let over = false
  const end = () => {
    if (over) return
    over = true
    cancel()
    signal.removeEventListener("abort", end)
    upstream.destroy()
    if (connected) socket.destroy()
    else if (!caller.isGone) caller.refuse()
    resolve()
  }
  const cancel = options.world.after(options.connectMsMax, end)
  signal.addEventListener("abort", end)
  upstream.on("error", end).once("close", end)
  upstream.once(url.protocol === "https:" ? "secureConnect" : "connect", () => {
    connected = true
    cancel()
    caller.letGo()
    upstream.write(headOf(request), "latin1")
    upstream.write(head)
    socket.pipe(upstream).pipe(socket)
    // The leader hears of it and ends its side as well, unless it is frozen.
    socket.once("end", () => void options.world.after(LAST_WORDS_MS, end))
  })
  return { leader, ended, end }
}

const LAST_WORDS_MS = 1_000

function connectTo(url: URL, ca: readonly string[] | undefined): Socket {
  const to = { host: hostOf(url), port: portOf(url) }
  return url.protocol === "http:"
    ? connect(to)
    : connectTls({ ...to, ...proofOf(url, ca), ALPNProtocols: ["http/1.1"] })
}
