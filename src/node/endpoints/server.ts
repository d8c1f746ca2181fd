import http, { type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { Duplex } from "node:stream"
import type { World } from "../../world/world.ts"
import type { EndpointRequest, EndpointResponse } from "./message.ts"

export type EndpointHandler = (request: EndpointRequest) => EndpointResponse | Promise<EndpointResponse>

/**
 * Speaks HTTP on connections that others accept, and answers each request by a function. Whoever is slow is hung up on,
 * and so is whoever says nothing more.
 */
export class EndpointServer {
  readonly #world: World
  readonly #handle: EndpointHandler
  readonly #server: Server
  readonly #sockets = new Map<Duplex, Deadline>()

  constructor(world: World, handle: EndpointHandler) {
    this.#world = world
    this.#handle = handle
    this.#server = http.createServer({ keepAliveTimeout: 0, maxHeaderSize: HEADER_BYTES_MAX }, (request, response) => {
      void this.#serve(request, response)
    })
    this.#server.on("clientError", (_error, socket) => socket.destroy())
  }

  connected(socket: Duplex): void {
    if (this.#sockets.size >= CONNECTIONS_MAX) {
      socket.destroy()
      return
    }
    const deadline = new Deadline(this.#world, () => socket.destroy())
    this.#sockets.set(socket, deadline)
    socket.once("close", () => {
      deadline.clear()
      this.#sockets.delete(socket)
    })
    socket.on("error", () => socket.destroy())
    deadline.set(MS_MAX)
    this.#server.emit("connection", socket)
  }

  close(): void {
    for (const socket of [...this.#sockets.keys()]) socket.destroy()
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const deadline = this.#sockets.get(request.socket)
    response.once("finish", () => deadline?.set(MS_MAX))
    try {
      const body = await readBody(request)
      // The answer has as long again as the question had.
      deadline?.set(MS_MAX)
      write(response, body === undefined ? TOO_LARGE : await this.#handle(read(request, body)))
    } catch (error) {
      if (response.destroyed) return
      this.#world.log.error("an endpoint of a task failed", { error: error instanceof Error ? error.stack : error })
      write(response, { status: 500, body: "internal server error" })
    }
  }
}

/** One time limit at a time. */
class Deadline {
  readonly #world: World
  readonly #missed: () => void
  #cancel = () => {}

  constructor(world: World, missed: () => void) {
    this.#world = world
    this.#missed = missed
  }

  set(ms: number): void {
    this.#cancel()
    this.#cancel = this.#world.after(ms, this.#missed)
  }

  clear(): void {
    this.#cancel()
  }
}

/** Undefined when it is larger than anything that is asked here. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > BODY_BYTES_MAX) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts).toString("utf8")
}

function read({ method = "GET", url = "/", headers }: IncomingMessage, body: string): EndpointRequest {
  const mark = url.indexOf("?")
  return {
    method,
    path: mark === -1 ? url : url.slice(0, mark),
    query: new URLSearchParams(mark === -1 ? "" : url.slice(mark + 1)),
    body,
    userAgent: headers["user-agent"] ?? "",
  }
}

function write(response: ServerResponse, { status, body, text }: EndpointResponse): void {
  const content = Buffer.from(text ?? JSON.stringify(body))
  const isJson = text === undefined || status === 200
  response.writeHead(status, {
    "content-type": isJson ? "application/json" : "text/plain; charset=utf-8",
    "content-length": content.length,
    // What was not read of a request can not be told from the next one.
    ...(status === 413 && { connection: "close" }),
  })
  response.end(content)
}

const TOO_LARGE: EndpointResponse = { status: 413, body: "request body is too large" }
const MS_MAX = 5_000
const BODY_BYTES_MAX = 64 * 2 ** 10
const HEADER_BYTES_MAX = 16 * 2 ** 10
const CONNECTIONS_MAX = 256
