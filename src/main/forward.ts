import { Agent, type ClientRequest, type IncomingMessage, request as requestPlain } from "node:http"
import { request as requestTls, Agent as TlsAgent } from "node:https"
import type { Duplex } from "node:stream"
import type { HttpResponse } from "../aws/http.ts"
import { sleep, type World } from "../world/world.ts"
import { type PassedUpgrade, passUpgrade, UpgradingCaller } from "./forward-upgrade.ts"
import { bodyLength, type Exchange, HOP_HEADER } from "./http-exchange.ts"
import { framing, hostOf, onward, portOf, proofOf, proxied } from "./onward.ts"

export interface ForwarderOptions {
  readonly world: World

  /** Where the leader can be reached, as in `https://10.0.0.4:4566`; undefined when nobody leads or it is this process. */
  readonly leaderAddress: () => string | undefined

  /** Whether requests can be answered here. */
  readonly servesHere: () => boolean

  /** The only authorities that may vouch for the leader; undefined for those of the system. */
  readonly ca?: readonly string[]

  /** How long a request waits for somebody to lead: time to notice that a lease has run out, and to take over. */
  readonly waitMs?: number

  /** How many connections of other protocols may be with the leader at once. */
  readonly keptMax?: number
}

/**
 * While another process leads, requests go on to it just as they came: the Host that was signed, the body as it
 * arrives, the answer as it comes. When nobody leads, they wait a little for someone to take over.
 */
export class Forwarder {
  readonly #options: ForwarderOptions
  readonly #agent: Agent
  readonly #tlsAgent: TlsAgent
  readonly #waitMs: number
  readonly #under = new Set<Passing>()
  readonly #kept = new Set<PassedUpgrade>()
  readonly #keptMax: number
  #waiting = 0
  #watching = false
  #warnedAt = Number.NEGATIVE_INFINITY

  constructor(options: ForwarderOptions) {
    this.#options = options
    this.#waitMs = options.waitMs ?? LEADER_WAIT_MS
    this.#keptMax = options.keptMax ?? KEPT_MAX
    this.#agent = new Agent({ keepAlive: true, maxFreeSockets: FREE_SOCKETS_MAX })
    this.#tlsAgent = new TlsAgent({ keepAlive: true, maxFreeSockets: FREE_SOCKETS_MAX })
  }

  /** Requests and connections of other protocols that are with the leader now. */
  get inFlight(): number {
    return this.#under.size + this.#kept.size
  }

  /** Brings the leader's answer to the caller; false when this process has come to serve by itself. */
  async take(exchange: Exchange): Promise<boolean> {
    if (exchange.headers[HOP_HEADER] !== undefined || this.#under.size >= FORWARDED_MAX) {
      await exchange.send(UNAVAILABLE)
      return true
    }
    const until = this.#options.world.monotonic() + this.#waitMs
    for (;;) {
      const leader = await this.#leader(until, exchange.signal)
      if (leader === "here") return false
      if (leader === undefined) break
      const failure = await this.#pass(exchange, leader)
      if (failure === undefined) return true
      if (this.#options.world.monotonic() >= until) {
        this.#warn(leader, failure)
        break
      }
      // A leader that refuses connections is going or gone; nothing was sent yet, so nothing can happen twice.
      await sleep(this.#options.world, LOOK_AGAIN_MS)
    }
    await exchange.send(UNAVAILABLE)
    return true
  }

  /** The same for a connection that is to speak another protocol. */
  async takeUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<boolean> {
    const { world, ca, servesHere } = this.#options
    if (servesHere()) return false
    const caller = new UpgradingCaller(request, socket, head)
    const isRefused = request.headers[HOP_HEADER] !== undefined || this.#kept.size >= this.#keptMax
    const leader = isRefused ? undefined : await this.#leader(world.monotonic() + this.#waitMs, caller.signal)
    if (caller.isGone) return true
    if (leader === "here") {
      caller.letGo()
      return false
    }
    // While it waited, others may have come before it.
    if (leader === undefined || this.#kept.size >= this.#keptMax) {
      caller.refuse()
      return true
    }
    const passing = passUpgrade(caller, leader, { world, ca, connectMsMax: CONNECT_MS_MAX })
    this.#kept.add(passing)
    this.#watch()
    void passing.ended.then(() => this.#kept.delete(passing))
    return true
  }

  close(): void {
    this.#agent.destroy()
    this.#tlsAgent.destroy()
  }

  /** Waits until somebody is known to lead. Those who wait are few enough to be held; the others are told to come again. */
  async #leader(until: number, signal?: AbortSignal): Promise<string | "here" | undefined> {
    const { world, leaderAddress, servesHere } = this.#options
    const now = () => (servesHere() ? "here" : leaderAddress())
    const known = now()
    if (known !== undefined || this.#waiting >= WAITING_MAX) return known
    this.#waiting += 1
    try {
      while (world.monotonic() < until && signal?.aborted !== true) {
        await sleep(world, LOOK_AGAIN_MS)
        const found = now()
        if (found !== undefined) return found
      }
      return undefined
    } finally {
      this.#waiting -= 1
    }
  }

  /** Resolves with why the leader could not be reached; nothing of the request is used up then. */
  #pass(exchange: Exchange, leader: string): Promise<Error | undefined> {
    const { request, response } = exchange
    const { world } = this.#options
    return new Promise((resolve) => {
      const url = new URL(leader)
      const outgoing = this.#request(exchange, url)
      const passing: Passing = { leader, outgoing }
      let connected = false
      let failure = new Error("it does not take connections")
      const giveUp = () => void outgoing.destroy()
      const cancel = world.after(CONNECT_MS_MAX, giveUp)
      this.#under.add(passing)
      this.#watch()
      request.once("error", giveUp)
      response.once("close", giveUp)

      whenConnected(outgoing, url, () => {
        connected = true
        cancel()
        exchange.sendContinue()
        if (bodyLength(exchange.headers) === 0) outgoing.end()
        else request.pipe(outgoing)
      })
      outgoing.once("response", (incoming) => {
        if (response.destroyed) {
          incoming.destroy()
          return
        }
        response.writeHead(incoming.statusCode!, incoming.statusMessage, onward(incoming.rawHeaders))
        incoming.pipe(response)
        // An answer that breaks off must not look complete.
        incoming.once("error", () => response.destroy())
      })
      outgoing.on("error", (error) => {
        failure = error
      })
      outgoing.once("close", () => {
        cancel()
        this.#under.delete(passing)
        request.off("error", giveUp)
        response.off("close", giveUp)
        if (!connected && !response.destroyed) return resolve(failure)
        request.unpipe(outgoing)
        if (!response.headersSent && !response.destroyed) void exchange.send(UNAVAILABLE)
        resolve(undefined)
      })
    })
  }

  /** Once in a while is enough: everybody who asks meets the same. */
  #warn(leader: string, { message }: Error): void {
    const { world } = this.#options
    if (world.monotonic() - this.#warnedAt < WARN_EVERY_MS) return
    this.#warnedAt = world.monotonic()
    world.log.warn("requests cannot be forwarded to the leader", { leader, error: message })
  }

  #request({ request, headers, isSecure }: Exchange, url: URL): ClientRequest {
    const options = {
      host: hostOf(url),
      port: portOf(url),
      method: request.method!,
      path: request.url!,
      headers: [...onward(request.rawHeaders), HOP_HEADER, "1", ...proxied(headers, isSecure), ...framing(headers)],
      setHost: false,
    }
    if (url.protocol === "http:") return requestPlain({ ...options, agent: this.#agent })
    return requestTls({ ...options, ...proofOf(url, this.#options.ca), agent: this.#tlsAgent })
  }

  /** A leader that lost the lead may be frozen and never answer; what is with it is given up, and the caller tries again. */
  #watch(): void {
    if (this.#watching) return
    this.#watching = true
    this.#options.world.after(WATCH_MS, () => {
      this.#watching = false
      const leader = this.#options.leaderAddress()
      for (const passing of this.#under) if (passing.leader !== leader) passing.outgoing.destroy()
      for (const passing of this.#kept) if (passing.leader !== leader) passing.end()
      if (this.inFlight > 0) this.#watch()
    })
  }
}

interface Passing {
  readonly leader: string
  readonly outgoing: ClientRequest
}

const LEADER_WAIT_MS = 3_000
const LOOK_AGAIN_MS = 50
const WATCH_MS = 250
const CONNECT_MS_MAX = 1_000
const WARN_EVERY_MS = 10_000
const WAITING_MAX = 1_000
const FORWARDED_MAX = 4_096

/** Agents keep theirs as long as they live, so these leave requests their room. */
const KEPT_MAX = 16_384
const FREE_SOCKETS_MAX = 256

/** Every SDK tries again after this, whatever protocol it speaks. */
export const UNAVAILABLE: HttpResponse = {
  status: 503,
  headers: { "retry-after": "1", "x-homeport-reason": "no process that leads can be reached" },
  body: "",
}

function whenConnected(outgoing: ClientRequest, { protocol }: URL, go: () => void): void {
  outgoing.once("socket", (socket) => {
    const event = protocol === "https:" ? "secureConnect" : "connect"
    if (socket.connecting || (event === "secureConnect" && outgoing.reusedSocket === false)) socket.once(event, go)
    else go()
  })
}
