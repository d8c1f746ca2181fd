import type { Store } from "../store/store.ts"
import type { World } from "../world/world.ts"
import type { Fault } from "./fault.ts"
import type { Keys } from "./keys.ts"
import type { Call } from "./operations.ts"

/** A connection on which both sides send texts, each whole: a websocket, or what stands for one inside a process. */
export interface Socket {
  /** Bytes that the other side has yet to take. Who sends by its own choice waits while there are many. */
  readonly waitingBytes: number

  /** Sends a text. A connection whose other side takes far too little is broken off, as nobody may fill our memory. */
  send(text: string): void

  /** Ends the connection once what waits has been taken, with a websocket's code. The listener hears of it as of any end. */
  close(code: number, reason: string): void

  /** Says who hears what comes. Called once, before anything can have come. */
  listen(listener: SocketListener): void
}

export interface SocketListener {
  message(text: string): void

  /** Called once, however the connection ends. 1006 stands for an end without a word. */
  closed(code: number, reason: string): void
}

/** What a service offers at a path that clients keep a connection to. */
export interface SocketEndpoint {
  /** The operation that stands for it in policies and counts, as in `Poll`. */
  readonly operation: string

  /**
   * Finds, authorises and refuses, as a plain operation does; what is found takes the connection once it is made. It may
   * never be: nothing is to be changed yet.
   */
  readonly open: (call: Call, parameters: URLSearchParams) => (socket: Socket) => void

  /** What its clients understand as the body of a refusal. */
  readonly refusal: (fault: Fault) => string
}

/** A service's sockets by path, made for one process: what they share lives as long as the process leads. */
export type SocketEndpoints = (host: SocketHost) => Readonly<Record<string, SocketEndpoint>>

export interface SocketHost {
  readonly world: World
  readonly store: Store
  readonly keys: Keys
}
