import { Agent, type IncomingMessage, request } from "node:http"
import type { Readable } from "node:stream"
import { json, text } from "node:stream/consumers"
import { EngineError, type EngineErrorKind } from "../engine-error.ts"

/** Docker's API over its unix socket, in a version that both sides know. */
export class Daemon {
  readonly #socketPath: string
  readonly #agent = new Agent({ keepAlive: true })
  #prefix = ""

  constructor(socketPath: string) {
    this.#socketPath = socketPath
  }

  /** Asks who is there. Throws `EngineError` when nobody is, or one who is too old. */
  async open(): Promise<{ readonly version: string }> {
    const { Version, ApiVersion, MinAPIVersion } = await this.ask<VersionAnswer>("GET", "/version")
    if (compare(ApiVersion, API_VERSION_MIN) < 0) {
      throw new EngineError("invalid", `Docker ${Version} is too old: Homeport needs 20.10 or newer.`)
    }
    const wanted = compare(ApiVersion, API_VERSION_KNOWN) < 0 ? ApiVersion : API_VERSION_KNOWN
    // A daemon of the future may have dropped the version that we know; its oldest is then the nearest.
    this.#prefix = `/v${MinAPIVersion !== undefined && compare(wanted, MinAPIVersion) < 0 ? MinAPIVersion : wanted}`
    return { version: Version }
  }

  /** Throws `EngineError` when the answer is not a success. */
  async ask<Answer = void>(method: string, path: string, options: AskOptions = {}): Promise<Answer> {
    const response = await this.stream(method, path, options)
    const hasBody = response.statusCode !== 204 && response.statusCode !== 304
    if (!hasBody || !(response.headers["content-type"] ?? "").includes("json")) {
      response.resume()
      return undefined as Answer
    }
    return (await json(chunksOf(response))) as Answer
  }

  /** The same for an answer that comes bit by bit. Who no longer wants it destroys it. */
  async stream(method: string, path: string, { query = {}, body, headers = {}, signal }: AskOptions = {}) {
    const words = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
    const payload = body === undefined || isStream(body) ? undefined : JSON.stringify(body)
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const asking = request({
        socketPath: this.#socketPath,
        agent: this.#agent,
        method,
        path: `${this.#prefix}${path}${words.length > 0 ? `?${words.join("&")}` : ""}`,
        headers: {
          ...(payload === undefined ? {} : { "content-type": "application/json" }),
          ...(isStream(body) ? { "content-type": "application/x-tar" } : {}),
          ...headers,
        },
        ...(signal === undefined ? {} : { signal }),
      })
      asking.once("response", resolve)
      asking.once("error", (cause) => reject(signal?.aborted ? signal.reason : unavailable(cause)))
      if (isStream(body)) {
        body.once("error", (error) => {
          asking.destroy()
          reject(error)
        })
        body.pipe(asking)
      } else asking.end(payload)
    })
    // Who reads it is told by the reading; a connection that breaks before or after that matters to nobody.
    response.on("error", () => {})
    const { statusCode = 0 } = response
    if (statusCode < 400) return response
    const message = await text(chunksOf(response)).then(messageOf, () => "")
    throw new DaemonRefusal(statusCode, message)
  }

  close(): void {
    this.#agent.destroy()
  }
}

/** What an answer brings, with a connection that breaks told as everything else that Docker does not answer. */
export async function* chunksOf(response: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    yield* response
  } catch (cause) {
    throw unavailable(cause as Error)
  }
}

export interface AskOptions {
  readonly query?: Readonly<Record<string, string | number | boolean>>

  /** A stream is sent as a tar. */
  readonly body?: object | Readable
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** What the daemon said instead of doing it. */
export class DaemonRefusal extends EngineError {
  readonly status: number

  constructor(status: number, message: string) {
    super(kindOf(status, message), message)
    this.status = status
  }
}

/** Nothing, where the daemon does not know what was named; any other refusal goes on. */
export function unlessGone(error: unknown): undefined {
  if (error instanceof EngineError && error.kind === "gone") return undefined
  throw error
}

export function filters(given: Readonly<Record<string, readonly string[]>>): { readonly filters: string } {
  return { filters: JSON.stringify(given) }
}

/** A program that a container lacks is 404 to Docker as well, so its words decide. */
function kindOf(status: number, message: string): EngineErrorKind {
  if (status === 404 && /no such (container|image|volume|exec)|network \S+ not found|not found: /i.test(message))
    return "gone"
  if (status === 503) return "unavailable"
  return status < 500 ? "invalid" : "machine"
}

function messageOf(body: string): string {
  try {
    return (JSON.parse(body) as { message?: string }).message ?? body
  } catch {
    return body.trim()
  }
}

function unavailable(cause: Error): EngineError {
  return new EngineError("unavailable", `Docker does not answer: ${cause.message}`, { cause })
}

function isStream(body: object | undefined): body is Readable {
  return body !== undefined && "pipe" in body
}

function compare(a: string, b: string): number {
  const [aMajor, aMinor] = a.split(".").map(Number)
  const [bMajor, bMinor] = b.split(".").map(Number)
  return aMajor! - bMajor! || aMinor! - bMinor!
}

interface VersionAnswer {
  readonly Version: string
  readonly ApiVersion: string
  readonly MinAPIVersion?: string
}

/** Of Docker 20.10, and the newest one that this engine was written against. */
const API_VERSION_MIN = "1.41"
const API_VERSION_KNOWN = "1.47"
