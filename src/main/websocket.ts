import type { IncomingMessage } from "node:http"
import { Socket as NetSocket } from "node:net"
import type { Duplex } from "node:stream"
import { type WebSocket, WebSocketServer } from "ws"
import type { Upgrade } from "../aws/front-door.ts"
import type { Socket, SocketListener } from "../aws/socket.ts"

/** Makes the connection that was granted, and hands it over. */
export function openWebSocket(upgrade: Upgrade, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  // A peer whose machine has vanished is noticed by the kernel; nobody here keeps a timer for it.
  if (socket instanceof NetSocket) socket.setKeepAlive(true, KEEP_ALIVE_MS)
  server.handleUpgrade(request, socket, head, (webSocket) => upgrade.take(new OpenWebSocket(webSocket)))
}

class OpenWebSocket implements Socket {
  readonly #socket: WebSocket

  constructor(socket: WebSocket) {
    this.#socket = socket
  }

  get waitingBytes(): number {
    return this.#socket.bufferedAmount
  }

  send(text: string): void {
    if (this.#socket.bufferedAmount > WAITING_BYTES_MAX) this.#socket.terminate()
    else this.#socket.send(text)
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason)
  }

  listen(listener: SocketListener): void {
    const socket = this.#socket
    socket.on("message", (data: Buffer, isBinary) => {
      if (isBinary) socket.close(TEXT_ONLY, "only texts are understood")
      else listener.message(data.toString())
    })
    socket.once("close", (code, reason) => listener.closed(code, reason.toString()))
    // What is wrong with a connection ends it, and that is heard of.
    socket.on("error", () => {})
  }
}

/** Longer than any frame of an agent, which is a mebibyte of telemetry and the headers of its signature. */
const MESSAGE_BYTES_MAX = 2 * 2 ** 20

/** A few of the longest messages; who does not take that much in time will not take more. */
const WAITING_BYTES_MAX = 16 * 2 ** 20
const KEEP_ALIVE_MS = 30_000
const CLOSE_MS_MAX = 5_000
const TEXT_ONLY = 1003

const options = {
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: MESSAGE_BYTES_MAX,
  closeTimeout: CLOSE_MS_MAX,
}
const server = new WebSocketServer(options)
