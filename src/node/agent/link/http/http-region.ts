import { Agent as HttpAgent, request as httpRequest, type RequestOptions } from "node:http"
import { Agent as HttpsAgent, request as httpsRequest } from "node:https"
import type { World } from "../../../../world/world.ts"
import { type CallOptions, type JsonService, type Region, RegionError, type RegionSocket } from "../../../region.ts"
import { type AccessKey, signatureHeaders } from "../signature.ts"
import { answerOf, readAnswer } from "./answer.ts"
import { openSocket } from "./http-socket.ts"

export interface HttpRegionOptions {
  readonly world: World

  /** As in `us-east-1`. */
  readonly name: string
  readonly endpoint: string

  /** The instance's own, as it is now. */
  readonly key: () => AccessKey

  /** The authority that the region's certificate is checked by, instead of the system's. */
  readonly ca?: string
  readonly userAgent: string
}

/** The region over HTTP or HTTPS, on connections that are kept for the next call. */
export class HttpRegion implements Region {
  readonly name: string
  readonly endpoint: string
  readonly ca?: string
  readonly #options: HttpRegionOptions
  readonly #url: URL
  readonly #agent: HttpAgent

  constructor(options: HttpRegionOptions) {
    this.#options = options
    this.name = options.name
    this.endpoint = options.endpoint
    this.#url = new URL(options.endpoint)
    const { ca } = options
    if (ca !== undefined) this.ca = ca
    const kept = { keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS, maxSockets: CONNECTIONS_MAX }
    this.#agent = this.#isSecure ? new HttpsAgent({ ...kept, ...(ca !== undefined && { ca }) }) : new HttpAgent(kept)
  }

  call(
    service: JsonService,
    operation: string,
    input: object,
    { credentials, region = this.name, signal, msMax = CALL_MS_MAX }: CallOptions = {},
  ): Promise<Record<string, unknown>> {
    const { world, userAgent, key } = this.#options
    const { host, pathname: path } = this.#url
    const body = JSON.stringify(input)
    const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": `${TARGETS[service]}.${operation}` }
    const message = { method: "POST" as const, host, path, query: "", headers, body }
    const signature = signatureHeaders(message, { key: credentials ?? key(), region, service, at: world.now() })
    return this.#send({ method: "POST", path, headers: { ...headers, ...signature, "user-agent": userAgent } }, body, {
      msMax,
      signal,
    })
  }

  connect(url: string): Promise<RegionSocket> {
    const { world, key, ca, userAgent } = this.#options
    return openSocket(url, { world, region: this.name, key, userAgent, ...(ca !== undefined && { ca }) })
  }

  /** Ends the connections that are kept. */
  close(): void {
    this.#agent.destroy()
  }

  get #isSecure(): boolean {
    return this.#url.protocol === "https:"
  }

  #send(
    options: RequestOptions,
    body: string,
    { msMax, signal }: { readonly msMax: number; readonly signal: AbortSignal | undefined },
  ): Promise<Record<string, unknown>> {
    const { hostname, port, host } = this.#url
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const request = (this.#isSecure ? httpsRequest : httpRequest)({
        ...options,
        hostname: hostname.replaceAll(/[[\]]/g, ""),
        port,
        agent: this.#agent,
        headers: { ...options.headers, host, "content-length": Buffer.byteLength(body) },
      })
      const stop = () => request.destroy(new Error("stopped"))
      const cancel = this.#options.world.after(msMax, () => request.destroy(new Error(`no answer in ${msMax} ms`)))
      const settled = () => {
        cancel()
        signal?.removeEventListener("abort", stop)
      }
      const failed = (error: Error) => {
        settled()
        const { code = error.message } = error as NodeJS.ErrnoException
        if (signal?.aborted) reject(signal.reason)
        else if (error instanceof RegionError) reject(error)
        else reject(new RegionError("Unreachable", 0, `${this.endpoint} cannot be reached: ${code}`, { cause: error }))
      }
      signal?.addEventListener("abort", stop, { once: true })
      request.on("error", failed)
      request.on("response", (response) => {
        readAnswer(response)
          .then((text) => {
            settled()
            resolve(answerOf(response, text))
          })
          .catch(failed)
      })
      request.end(body)
    })
  }
}

/** What stands before the operation's name in `X-Amz-Target`. */
const TARGETS: Readonly<Record<JsonService, string>> = {
  ecs: "AmazonEC2ContainerServiceV20141113",
  logs: "Logs_20140328",
  ecr: "AmazonEC2ContainerRegistry_V20150921",
  ssm: "AmazonSSM",
  secretsmanager: "secretsmanager",
}

/** As long as an agent waits for one round trip. */
const CALL_MS_MAX = 42_000
const KEEP_ALIVE_MS = 30_000

/** Ten reports at once, and the logs and images beside. */
const CONNECTIONS_MAX = 32
