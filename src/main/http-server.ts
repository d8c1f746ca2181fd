import { createServer, type IncomingMessage, type Server, ServerResponse } from "node:http"
import { createServer as createTlsServer } from "node:https"
import type { AddressInfo } from "node:net"
import type { Duplex } from "node:stream"
import type { HttpResponse } from "../aws/http.ts"
import type { World } from "../world/world.ts"
import { ByteBudget } from "./byte-budget.ts"
import { Refusal } from "./exit.ts"
import { Exchange, type ExchangeSetting } from "./http-exchange.ts"

export interface HttpServerOptions {
  readonly world: World

  /** Where to listen; all on one port. */
  readonly addresses: readonly string[]

  /** 0 for any that is free. */
  readonly port: number
  readonly tls?: Certificate

  /** Takes each request in hand; what it throws is logged and ends the connection. */
  readonly take: (exchange: Exchange) => Promise<void>

  /** Takes a request for another protocol on its raw connection, or refuses it with an answer; false leaves it to `take`. */
  readonly takeUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<boolean | HttpResponse>
  readonly connectionsMax?: number

  /** For the bodies that all callers together have put into memory before anyone knows who they are. */
  readonly gatheredBytesMax?: number
}

export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** Node's own server, one for each address, held within bounds: headers, time, connections. */
export class HttpServer {
  readonly #options: HttpServerOptions
  readonly #connectionsMax: number
  readonly #setting: ExchangeSetting
  readonly #servers: Server[] = []
  readonly #exchanges = new Set<Exchange>()
  readonly #upgraded = new Set<Duplex>()
  #connections = 0
  #port = 0
  #closing = false
  #onIdle = () => {}

  constructor(options: HttpServerOptions) {
    this.#options = options
    const { world, connectionsMax = CONNECTIONS_MAX, gatheredBytesMax = GATHERED_BYTES_MAX } = options
    this.#connectionsMax = connectionsMax
    this.#setting = { world, gathered: new ByteBudget(gatheredBytesMax) }
  }

  get port(): number {
    return this.#port
  }

  /** Exchanges under way, those of other protocols included. */
  get inFlight(): number {
    return this.#exchanges.size + this.#upgraded.size
  }

  get connections(): number {
    return this.#connections
  }

  async listen(): Promise<void> {
    for (let tries = 1; !(await this.#listenEverywhere(tries === TRIES_MAX)); tries++);
    this.#sweepLater()
  }

  /** False when a port that was free on the first address is taken on another, and there are others to choose from. */
  async #listenEverywhere(isLastTry: boolean): Promise<boolean> {
    const { world, addresses, port } = this.#options
    this.#port = port
    try {
      for (const address of addresses) {
        const server = this.#server()
        if (!(await listenOn(server, address, this.#port))) continue
        server.on("error", ({ message }) => world.log.warn("a connection could not be taken", { error: message }))
        this.#servers.push(server)
        this.#port = (server.address() as AddressInfo).port
      }
      return true
    } catch (error) {
      for (const server of this.#servers.splice(0)) server.close()
      const isTaken = error instanceof Refusal && (error.cause as NodeJS.ErrnoException).code === "EADDRINUSE"
      if (port !== 0 || !isTaken || isLastTry) throw error
      return false
    }
  }

  /** New connections get this certificate from now on. */
  renew(certificate: Certificate): void {
    for (const server of this.#servers)
      if ("setSecureContext" in server) (server as TlsServer).setSecureContext(certificate)
  }

  /** Takes no more connections, lets answers under way finish for `graceMs`, and then ends what is left. */
  async close(graceMs: number): Promise<void> {
    this.#closing = true
    for (const server of this.#servers) {
      server.close()
      server.closeIdleConnections()
    }
    // Their callers must not send the next request on a connection that is about to close.
    for (const { response } of this.#exchanges) response.shouldKeepAlive = false
    for (const socket of this.#upgraded) socket.destroy()
    if (!(await this.#idle(graceMs))) {
      for (const exchange of this.#exchanges) exchange.end()
      await this.#idle(LAST_WORDS_MS)
    }
    for (const server of this.#servers) server.closeAllConnections()
  }

  #server(): Server {
    const { tls } = this.#options
    const server = tls === undefined ? createServer(LIMITS) : createTlsServer({ ...LIMITS, ...tls })
    // Well above the number from which requests are refused with an answer.
    server.maxConnections = this.#connectionsMax * 2 + UPGRADED_MAX
    server.on("connection", (socket) => {
      this.#connections += 1
      socket.once("close", () => {
        this.#connections -= 1
      })
    })
    server.on("request", (request, response) => this.#take(request, response, false))
    server.on("checkContinue", (request, response) => this.#take(request, response, true))
    server.on("upgrade", (request, socket, head) => this.#takeUpgrade(request, socket, head))
    return server
  }

  #take(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): void {
    // Connections that agents keep have bounds of their own.
    if (this.#connections - this.#upgraded.size > this.#connectionsMax) {
      response.writeHead(503, { connection: "close", "retry-after": "1", "content-length": "0" })
      response.end()
      return
    }
    if (this.#closing) response.shouldKeepAlive = false
    const exchange = new Exchange(this.#setting, request, response, awaitsContinue)
    this.#exchanges.add(exchange)
    response.once("close", () => this.#ended(exchange))
    this.#options.take(exchange).catch((error) => this.#failed(exchange, error))
  }

  #failed(exchange: Exchange, error: unknown): void {
    const { response } = exchange
    if (!response.destroyed && !response.writableEnded) {
      this.#options.world.log.error("a request could not be answered", {
        error: error instanceof Error ? error.stack : String(error),
      })
    }
    if (response.headersSent) response.destroy()
    else response.writeHead(500, { "content-length": "0" }).end()
  }

  #ended(exchange: Exchange): void {
    this.#exchanges.delete(exchange)
    // A caller that goes on sending what nobody reads gets a moment to notice the answer.
    const { request } = exchange
    if (!request.complete) this.#options.world.after(LAST_WORDS_MS, () => request.complete || request.destroy())
    if (!this.#closing) return
    for (const server of this.#servers) server.closeIdleConnections()
    if (this.#exchanges.size === 0) this.#onIdle()
  }

  #takeUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#upgraded.add(socket)
    socket.once("close", () => this.#upgraded.delete(socket))
    socket.on("error", () => {})
    const taken = this.#options.takeUpgrade?.(request, socket, head) ?? Promise.resolve(false)
    taken.then(
      (answer) => {
        if (answer === true) return
        this.#upgraded.delete(socket)
        const response = new ServerResponse(request)
        response.shouldKeepAlive = false
        response.assignSocket(socket as never)
        response.once("finish", () => socket.end())
        if (answer === false) this.#take(request, response, false)
        else void new Exchange(this.#setting, request, response).send(answer)
      },
      () => socket.destroy(),
    )
  }

  /** Whether everything ended within `ms`. */
  #idle(ms: number): Promise<boolean> {
    if (this.#exchanges.size === 0) return Promise.resolve(true)
    return new Promise((resolve) => {
      const cancel = this.#options.world.after(ms, () => resolve(false))
      this.#onIdle = () => {
        cancel()
        resolve(true)
      }
    })
  }

  /** One look at everyone now and then, instead of a timer for each request. */
  #sweepLater(): void {
    this.#options.world.after(SWEEP_MS, () => {
      if (this.#closing) return
      const now = this.#options.world.monotonic()
      for (const exchange of this.#exchanges) if (exchange.deadline < now) exchange.giveUp()
      this.#sweepLater()
    })
  }
}

type TlsServer = ReturnType<typeof createTlsServer>

const LIMITS = {
  maxHeaderSize: 64 * 2 ** 10,
  headersTimeout: 20_000,

  // It would end long uploads; an exchange has a deadline for each next piece instead.
  requestTimeout: 0,

  // Longer than load balancers and SDKs keep an idle connection, so that it is not ours that ends just as they use it.
  keepAliveTimeout: 75_000,
  connectionsCheckingInterval: 5_000,

  // Java's client asks for HTTP/2 with every first request and takes HTTP/1.1 as well.
  shouldUpgradeCallback: ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === "websocket",
}

const CONNECTIONS_MAX = 8_192
const UPGRADED_MAX = 65_536
const GATHERED_BYTES_MAX = 512 * 2 ** 20
const TRIES_MAX = 10
const SWEEP_MS = 5_000
const LAST_WORDS_MS = 1_000

/** False when this machine does not have the address, as with IPv6 switched off, and it is the loopback's second one. */
function listenOn(server: Server, address: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) => {
      if (address === "::1" && (error.code === "EADDRNOTAVAIL" || error.code === "EAFNOSUPPORT")) return resolve(false)
      reject(cannotListen(error, address, port))
    }
    server.once("error", refuse)
    server.listen({ port, host: address, ipv6Only: true, backlog: 1_024 }, () => {
      server.off("error", refuse)
      resolve(true)
    })
  })
}

function cannotListen(cause: NodeJS.ErrnoException, address: string, port: number): Refusal {
  return new Refusal(whyNot(cause, address, port), undefined, { cause })
}

function whyNot({ code, message }: NodeJS.ErrnoException, address: string, port: number): string {
  switch (code) {
    case "EADDRINUSE":
      return `Port ${port} on ${address} is in use. Choose another with --port.`
    case "EACCES":
      return `Port ${port} needs rights that this user does not have. Choose one above 1023 with --port.`
    case "EADDRNOTAVAIL":
      return `This machine has no address ${address} to listen on.`
    default:
      return `Cannot listen on ${address}, port ${port}: ${message}.`
  }
}
