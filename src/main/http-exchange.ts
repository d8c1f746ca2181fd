import type { IncomingMessage, ServerResponse } from "node:http"
import { type Body, type Headers, type HttpRequest, type HttpResponse, NO_BODY } from "../aws/http.ts"
import type { World } from "../world/world.ts"
import type { ByteBudget } from "./byte-budget.ts"

export type Handle = (request: HttpRequest) => Promise<HttpResponse>

/** The caller went away, or took too long, before all was said. Nobody is left to hear about it. */
export class CallerGone extends Error {
  override readonly name = "CallerGone"
}

export interface ExchangeSetting {
  readonly world: Pick<World, "monotonic">

  /** For the small bodies of all: nobody has been asked yet who they are. */
  readonly gathered: ByteBudget
}

/** One request and its answer on a connection: Node's two objects on one side, the front door's on the other. */
export class Exchange implements HttpRequest {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: Headers
  readonly isSecure: boolean
  readonly sourceIp: string | undefined
  body: Body = NO_BODY

  /** Monotonic time by which the caller must have sent or taken something; infinite while nothing is expected of it. */
  deadline = Number.POSITIVE_INFINITY
  readonly #setting: ExchangeSetting
  readonly #awaitsContinue: boolean
  #abort: AbortController | undefined
  #over = false
  #bytesGathered = 0

  constructor(setting: ExchangeSetting, request: IncomingMessage, response: ServerResponse, awaitsContinue = false) {
    this.#setting = setting
    this.#awaitsContinue = awaitsContinue
    this.request = request
    this.response = response
    const { method, path, query, headers, isSecure, sourceIp } = requestHead(request)
    this.method = method
    this.path = path
    this.query = query
    this.headers = headers
    this.isSecure = isSecure
    this.sourceIp = sourceIp
    response.once("close", () => {
      this.end()
      setting.gathered.giveBack(this.#bytesGathered)
    })
  }

  /** Made when first asked for: most requests are answered before anyone wants to know whether the caller is still there. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    if (this.#over) this.#abort.abort()
    return this.#abort.signal
  }

  /** Raises the signal: the caller has gone away or the server stops. */
  end(): void {
    this.#over = true
    this.deadline = Number.POSITIVE_INFINITY
    this.#abort?.abort()
  }

  /** Ends the connection, after saying so where an answer has not begun. */
  giveUp(): void {
    const { response } = this
    if (!response.headersSent) {
      response.writeHead(408, { connection: "close", "content-length": "0" })
      response.end()
    }
    response.socket?.destroySoon()
    this.end()
  }

  async answer(handle: Handle): Promise<void> {
    const length = bodyLength(this.headers)
    if (length === undefined || length > GATHERED_BYTES_MAX) this.body = this.#arriving()
    else if (length > 0) {
      const body = await this.#gathered(length)
      if (body === undefined) return this.send(TOO_MUCH_AT_ONCE)
      this.body = body
    }
    await this.send(await handle(this))
  }

  async send({ status, headers, body }: HttpResponse): Promise<void> {
    const { response } = this
    if (this.#over) return letGo(body)
    const whole = typeof body === "string" || body instanceof Uint8Array
    if (whole && headers["content-length"] === undefined && mayHaveBody(status)) {
      const length = typeof body === "string" ? Buffer.byteLength(body) : body.length
      response.writeHead(status, { ...headers, "content-length": length })
    } else {
      response.writeHead(status, headers)
    }
    if (whole) {
      this.#expect(TAKE_MS_MAX)
      response.end(this.method === "HEAD" ? undefined : body)
    } else if (this.method === "HEAD") {
      letGo(body)
      response.end()
    } else {
      await this.#stream(body)
    }
  }

  /**
   * A small body of known length, put together without a stream's overhead; most arrive in one piece. Undefined when
   * all together send more than there is room for.
   */
  #gathered(length: number): Promise<Uint8Array | undefined> {
    const { request } = this
    this.#expect(GATHER_MS_MAX)
    this.sendContinue()
    return new Promise((resolve, reject) => {
      const parts: Buffer[] = []
      let missing = length
      const take = (part: Buffer) => {
        if (this.response.closed) return
        if (!this.#setting.gathered.take(part.length)) {
          request.off("data", take).pause()
          this.deadline = Number.POSITIVE_INFINITY
          return resolve(undefined)
        }
        this.#bytesGathered += part.length
        missing -= part.length
        if (missing > 0) {
          parts.push(part)
          return
        }
        this.deadline = Number.POSITIVE_INFINITY
        if (parts.length === 0) return resolve(part)
        parts.push(part)
        resolve(Buffer.concat(parts, length))
      }
      request.on("data", take)
      request.once("error", () => {
        this.end()
        reject(new CallerGone("the caller went away while sending"))
      })
    })
  }

  async *#arriving(): AsyncGenerator<Uint8Array> {
    this.sendContinue()
    // Whoever stops reading still wants to answer, so the connection stays.
    const parts = this.request.iterator({ destroyOnReturn: false })
    try {
      for (;;) {
        this.#expect(SEND_MS_MAX)
        const { value, done } = await parts.next()
        this.deadline = Number.POSITIVE_INFINITY
        if (done) return
        yield value
      }
    } catch {
      this.end()
      throw new CallerGone("the caller went away while sending")
    } finally {
      void parts.return?.()
    }
  }

  async #stream(body: AsyncIterable<Uint8Array>): Promise<void> {
    const { response } = this
    response.flushHeaders()
    const parts = body[Symbol.asyncIterator]()
    // The source may be waiting for something that never comes; it is let go the moment the caller is gone.
    const stop = () => void parts.return?.()?.catch(() => {})
    response.once("close", stop)
    for (;;) {
      const part = await parts.next()
      if (part.done) break
      if (this.#over) return
      if (!response.write(part.value)) await this.#drained()
    }
    response.off("close", stop)
    this.#expect(TAKE_MS_MAX)
    response.end()
  }

  #drained(): Promise<void> {
    this.#expect(TAKE_MS_MAX)
    return new Promise((resolve) => {
      const { response } = this
      const go = () => {
        response.off("drain", go).off("close", go)
        this.deadline = Number.POSITIVE_INFINITY
        resolve()
      }
      response.on("drain", go).on("close", go)
    })
  }

  /** Lets a caller that asked first send its body; called only when somebody is going to read it. */
  sendContinue(): void {
    if (this.#awaitsContinue && !this.response.headersSent) this.response.writeContinue()
  }

  #expect(ms: number): void {
    this.deadline = this.#over ? Number.POSITIVE_INFINITY : this.#setting.world.monotonic() + ms
  }
}

const GATHERED_BYTES_MAX = 256 * 2 ** 10

/** What of its body is still to come is not waited for. */
const TOO_MUCH_AT_ONCE: HttpResponse = { status: 503, headers: { connection: "close", "retry-after": "1" }, body: "" }

/** For a small body as a whole. */
const GATHER_MS_MAX = 30_000

/** For the next piece of a large one, and for taking a piece of the answer. */
const SEND_MS_MAX = 60_000
const TAKE_MS_MAX = 120_000

/** Undefined when the caller does not say beforehand. */
export function bodyLength(headers: Headers): number | undefined {
  if (headers["transfer-encoding"] !== undefined) return undefined
  return Number(headers["content-length"] ?? 0)
}

function mayHaveBody(status: number): boolean {
  return status >= 200 && status !== 204 && status !== 304
}

/** Marks what was forwarded once, so that it is never forwarded again. */
export const HOP_HEADER = "x-homeport-forwarded"

/** What a request says before its body. */
export function requestHead(request: IncomingMessage): Omit<Required<HttpRequest>, "body" | "signal"> {
  const target = originForm(request.url!)
  const mark = target.indexOf("?")
  const headers = joinedHeaders(request.rawHeaders)
  return {
    method: request.method!,
    path: mark === -1 ? target : target.slice(0, mark),
    query: mark === -1 ? "" : target.slice(mark + 1),
    headers,
    isSecure: "encrypted" in request.socket,
    // What another server passes on came from somewhere else, and nobody vouches for where.
    sourceIp: headers[HOP_HEADER] === undefined ? addressOf(request.socket) : undefined,
  }
}

/** An IPv4 address as such, where the server listens on both families. */
function addressOf({ remoteAddress }: IncomingMessage["socket"]): string | undefined {
  return remoteAddress?.replace(/^::ffff:(?=\d+\.)/, "")
}

/** What a client of a proxy sends names scheme and host before the path. */
function originForm(target: string): string {
  if (target.startsWith("/")) return target
  return target.replace(/^https?:\/\/[^/?]*/i, "") || "/"
}

/** Node joins some headers by a comma and a space and keeps only the first of others; a signature covers all of them. */
function joinedHeaders(raw: readonly string[]): Headers {
  const headers: Record<string, string | undefined> = { __proto__: null } as never
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]!.toLowerCase()
    const earlier = headers[name]
    headers[name] = earlier === undefined ? raw[index + 1]! : `${earlier},${raw[index + 1]}`
  }
  return headers
}

/** Ends a body that nobody will read. */
function letGo(body: HttpResponse["body"]): void {
  if (typeof body === "string" || body instanceof Uint8Array) return
  void body[Symbol.asyncIterator]()
    .return?.()
    ?.catch(() => {})
}
