import type { IncomingMessage } from "node:http"
import { WebSocket } from "ws"
import type { World } from "../../../../world/world.ts"
import { RegionError, type RegionSocket } from "../../../region.ts"
import { type AccessKey, signatureHeaders } from "../signature.ts"
import { readAnswer, refusalOf } from "./answer.ts"

export interface SocketOptions {
  readonly world: Pick<World, "now">
  readonly region: string
  readonly key: () => AccessKey
  readonly ca?: string
  readonly userAgent: string
}

/** Opens a websocket with a signed upgrade. The region may name it by any of `http`, `https`, `ws` and `wss`. */
export function openSocket(address: string, options: SocketOptions): Promise<RegionSocket> {
  const url = new URL(address.replace(/^http/, "ws"))
  const sign = (body: string) =>
    signatureHeaders(
      { method: "GET", host: url.host, path: url.pathname, query: url.search.slice(1), headers: {}, body },
      { key: options.key(), region: options.region, service: "ecs", at: options.world.now() },
    )
  const { ca, userAgent } = options
  const headers = { host: url.host, "user-agent": userAgent, ...sign("") }
  const socket = new WebSocket(url, { ...limits, headers, ...(ca !== undefined && { ca }) })
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve(new OpenSocket(socket, url.host, sign)))
    socket.once("unexpected-response", (_request: unknown, response: IncomingMessage) => {
      const { statusCode = 0 } = response
      void readAnswer(response, REFUSAL_BYTES_MAX)
        .catch(() => "")
        .then((text) => {
          socket.terminate()
          reject(refusalOf(statusCode, text))
        })
    })
    socket.on("error", (error) => {
      const { code = error.message } = error as NodeJS.ErrnoException
      reject(new RegionError("Unreachable", 0, `${url.origin} cannot be reached: ${code}`, { cause: error }))
    })
  })
}

class OpenSocket implements RegionSocket {
  readonly closed: Promise<number>
  readonly #socket: WebSocket
  readonly #host: string
  readonly #sign: (body: string) => ReturnType<typeof signatureHeaders>
  #message: (frame: string) => void = () => {}

  constructor(socket: WebSocket, host: string, sign: (body: string) => ReturnType<typeof signatureHeaders>) {
    this.#socket = socket
    this.#host = host
    this.#sign = sign
    this.closed = new Promise((resolve) => socket.once("close", resolve))
    socket.on("message", (data: Buffer, isBinary) => {
      if (!isBinary) this.#message(data.toString())
    })
    // Until somebody listens, what comes stays where it is.
    socket.pause()
  }

  get message(): (frame: string) => void {
    return this.#message
  }

  set message(listener: (frame: string) => void) {
    this.#message = listener
    this.#socket.resume()
  }

  send(frame: string): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return
    if (this.#socket.bufferedAmount > WAITING_BYTES_MAX) this.#socket.terminate()
    else this.#socket.send(frame)
  }

  close(code: number, reason: string): void {
    // A socket that waits for its listener would not hear the other side's answer.
    this.#socket.resume()
    this.#socket.close(code, reason)
  }

  sign(frame: string): Readonly<Record<string, string>> {
    const { authorization, "x-amz-date": date, "x-amz-security-token": token } = this.#sign(frame)
    return {
      Authorization: authorization,
      Host: this.#host,
      "X-Amz-Date": date,
      ...(token !== undefined && { "X-Amz-Security-Token": token }),
    }
  }
}

const limits = {
  perMessageDeflate: false,
  maxPayload: 4 * 2 ** 20,
  handshakeTimeout: 30_000,
  closeTimeout: 5_000,
}

/** A region that takes so little is not there any more. */
const WAITING_BYTES_MAX = 16 * 2 ** 20
const REFUSAL_BYTES_MAX = 64 * 2 ** 10
