import { Agent, type IncomingMessage, request as plainRequest } from "node:http"
import { Agent as TlsAgent, request as tlsRequest } from "node:https"
import { getCACertificates } from "node:tls"
import type { World } from "../../world/world.ts"

/** One HTTP exchange; the only file here that opens sockets. */
export interface Transport {
  /** Resolves with the head of an answer, whatever its status; rejects when there was none, or not in time. */
  send(request: Outgoing): Promise<Incoming>
  close(): void
}

export interface Outgoing {
  readonly method: "GET" | "HEAD"
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>

  /** For a registry that may as well be spoken to without TLS: who holds its certificate is of no concern then. */
  readonly trusting: boolean

  /** The only authority that may vouch for who answers; undefined for those that are known. */
  readonly ca?: string
  readonly signal: AbortSignal
}

export interface Incoming {
  readonly status: number
  readonly statusText: string
  header(name: string): string | undefined

  /** To be read once, or left early: that closes the connection. Rejects when it ends too soon or falls silent. */
  readonly body: AsyncIterable<Buffer>

  /** Lets go of a body that nobody wants to read. */
  discard(): void
}

export interface TransportOptions {
  /** In PEM, beside those that Node trusts already. */
  readonly authorities?: readonly string[]
}

export function httpTransport(world: World, { authorities }: TransportOptions = {}): Transport {
  const connections = { keepAlive: true, maxSockets: SOCKETS_PER_HOST_MAX, maxFreeSockets: SOCKETS_PER_HOST_MAX }
  const plain = new Agent(connections)
  const strict = new TlsAgent({ ...connections, ...(authorities && { ca: [...getCACertificates(), ...authorities] }) })
  const trusting = new TlsAgent({ ...connections, rejectUnauthorized: false })
  const vouched = new Map<string, TlsAgent>()

  function agentFor({ trusting: trusts, ca }: Pick<Outgoing, "trusting" | "ca">): TlsAgent {
    if (ca === undefined) return trusts ? trusting : strict
    const agent = vouched.get(ca) ?? new TlsAgent({ ...connections, ca })
    vouched.set(ca, agent)
    return agent
  }

  return {
    send({ method, url, headers, signal, ...how }) {
      return new Promise((resolve, reject) => {
        const options = { method, headers, signal }
        const request =
          url.protocol === "https:"
            ? tlsRequest(url, { ...options, agent: agentFor(how) })
            : plainRequest(url, { ...options, agent: plain })
        const cancel = world.after(ANSWER_MS_MAX, () => request.destroy(new Silence()))
        request.on("error", (error) => {
          cancel()
          reject(error)
        })
        request.on("response", (response) => {
          cancel()
          resolve(incoming(world, response))
        })
        request.end()
      })
    },
    close() {
      for (const agent of [plain, strict, trusting, ...vouched.values()]) agent.destroy()
    },
  }
}

function incoming(world: World, response: IncomingMessage): Incoming {
  // It may break before anybody reads it, or when nobody wants to any more; an error that nobody hears ends the process.
  response.on("error", () => {})
  return {
    status: response.statusCode ?? 0,
    statusText: response.statusMessage ?? "",
    header(name) {
      const value = response.headers[name]
      return Array.isArray(value) ? value[0] : value
    },
    body: watched(world, response),
    discard() {
      response.resume()
      if (Number(response.headers["content-length"] ?? Number.POSITIVE_INFINITY) > DISCARDED_MAX) response.destroy()
    },
  }
}

/** Only waiting for the other side counts as silence: a reader that takes its time does not. */
async function* watched(world: World, response: IncomingMessage): AsyncGenerator<Buffer, void, undefined> {
  let waitingSince: number | undefined = world.monotonic()
  let cancel = world.after(SILENCE_MS_MAX, look)
  function look() {
    const silent = waitingSince === undefined ? 0 : world.monotonic() - waitingSince
    if (silent >= SILENCE_MS_MAX) response.destroy(new Silence())
    else cancel = world.after(SILENCE_MS_MAX - silent, look)
  }
  try {
    for await (const chunk of response) {
      waitingSince = undefined
      yield chunk
      waitingSince = world.monotonic()
    }
  } finally {
    cancel()
  }
}

class Silence extends Error {
  readonly code = "ETIMEDOUT"
  constructor() {
    super("i/o timeout")
  }
}

const SOCKETS_PER_HOST_MAX = 16
const ANSWER_MS_MAX = 30_000
const SILENCE_MS_MAX = 60_000
const DISCARDED_MAX = 64 * 1024
