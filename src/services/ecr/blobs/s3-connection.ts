import { createHash } from "node:crypto"
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http"
import { Agent as HttpsAgent, request as httpsRequest } from "node:https"
import { sleep, type World } from "../../../world/world.ts"
import { BlobsUnavailable } from "./blob-store.ts"
import { type S3Key, signedHeaders } from "./s3-signature.ts"

export interface S3Place {
  /** Such as `https://minio.example:9000`. */
  readonly endpoint: string
  readonly bucket: string
  readonly region: string
  readonly key: S3Key
}

export interface S3Request {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE"

  /** Of an object; none for the bucket itself. */
  readonly object?: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: readonly Uint8Array[]

  /** The body's SHA-256 in hexadecimal digits, where it is known already. */
  readonly contentHash?: string

  /** Another one follows a try that came to nothing, unless it must not arrive late. */
  readonly triesMax?: number
}

/** The store has answered, and not with what was asked for. */
export class S3Refusal extends Error {
  override readonly name = "S3Refusal"
  readonly status: number
  readonly code: string

  constructor(status: number, code: string) {
    super(`${status} ${code}`.trimEnd())
    this.status = status
    this.code = code
  }
}

/** Requests to one bucket of an S3-compatible store, with the bucket in the path: every such store understands that. */
export class S3Connection {
  readonly #world: Pick<World, "now" | "after">
  readonly #place: S3Place
  readonly #url: URL
  readonly #agent: HttpAgent
  readonly #msSilentMax: number

  constructor(world: Pick<World, "now" | "after">, place: S3Place, msSilentMax = SILENT_MS_MAX) {
    this.#world = world
    this.#place = place
    this.#url = new URL(place.endpoint)
    this.#agent = new (this.#url.protocol === "https:" ? HttpsAgent : HttpAgent)({ keepAlive: true })
    this.#msSilentMax = msSilentMax
  }

  get bucket(): string {
    return this.#place.bucket
  }

  close(): void {
    this.#agent.destroy()
  }

  /** All of an answer, for those that are short. Rejects with `S3Refusal`, or with `BlobsUnavailable` when it may be tried again later. */
  async text(request: S3Request): Promise<{ readonly headers: IncomingMessage["headers"]; readonly text: string }> {
    return this.#tried(request, async (answer) => {
      const text = await textOf(answer)
      // Copying takes long enough for a store to begin its answer before it knows how that ends.
      if (text.includes("<Error>")) throw refusal(500, text)
      return { headers: answer.headers, text }
    })
  }

  /** An answer whose body is read as it comes. */
  stream(request: S3Request): Promise<IncomingMessage> {
    return this.#tried(request, async (answer) => answer)
  }

  async #tried<T>(request: S3Request, take: (answer: IncomingMessage) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        const answer = await this.#send(request)
        const status = answer.statusCode!
        if (status < 300) return await take(answer)
        throw refusal(status, await textOf(answer))
      } catch (error) {
        if (error instanceof S3Refusal && !maySucceedLater(error)) throw error
        if (tries >= (request.triesMax ?? TRIES_MAX)) throw unavailable(error)
        await sleep(this.#world, FIRST_PAUSE_MS * 4 ** (tries - 1))
      }
    }
  }

  #send({
    method,
    object,
    query = {},
    headers = {},
    body = [],
    contentHash = hashOf(body),
  }: S3Request): Promise<IncomingMessage> {
    const { key, region, bucket } = this.#place
    const path = `/${bucket}${object === undefined ? "" : `/${object}`}`.split("/").map(encodeURIComponent).join("/")
    const search = Object.entries(query)
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .join("&")
    const length = body.reduce((sum, piece) => sum + piece.length, 0)
    const unsigned = {
      method,
      path,
      query: search,
      headers: { ...headers, host: this.#url.host },
      contentHash,
    }
    const sent = signedHeaders(unsigned, { key, region, at: this.#world.now() })
    return new Promise((resolve, reject) => {
      let answer: IncomingMessage | undefined
      const request = (this.#url.protocol === "https:" ? httpsRequest : httpRequest)({
        agent: this.#agent,
        method,
        hostname: this.#url.hostname.replaceAll(/[[\]]/g, ""),
        port: this.#url.port,
        path: search === "" ? path : `${path}?${search}`,
        headers: method === "PUT" || method === "POST" ? { ...sent, "content-length": String(length) } : sent,
        timeout: this.#msSilentMax,
      })
      request.on("timeout", () => {
        // What has come and is not yet taken is not the store's silence.
        if ((answer?.readableLength ?? 0) === 0) request.destroy(new Error(`no answer in ${this.#msSilentMax} ms`))
      })
      request.on("error", reject)
      request.on("response", (response) => {
        answer = response
        resolve(response)
      })
      for (const piece of body) request.write(piece)
      request.end()
    })
  }
}

export function unavailable(error: unknown): BlobsUnavailable {
  if (error instanceof BlobsUnavailable) return error
  if (error instanceof S3Refusal) {
    const isFull = error.status === 507 || /StorageFull|QuotaExceeded/.test(error.code)
    if (isFull) return new BlobsUnavailable("There is no room left for images in the object store.", { cause: error })
    return new BlobsUnavailable(`The object store that keeps images answers ${error.message}.`, { cause: error })
  }
  const { code, message } = error as NodeJS.ErrnoException
  return new BlobsUnavailable(`The object store that keeps images cannot be reached: ${code ?? message}.`, {
    cause: error,
  })
}

function maySucceedLater({ status, code }: S3Refusal): boolean {
  return (status >= 500 && status !== 501 && status !== 507) || status === 429 || code === "RequestTimeout"
}

/** S3 says in XML why it refuses; of what it says only the code is repeated, as the rest may tell of the request. */
function refusal(status: number, text: string): S3Refusal {
  const [, code = ""] = /<Code>([A-Za-z0-9.]+)<\/Code>/.exec(text) ?? []
  return new S3Refusal(status, code)
}

function hashOf(body: readonly Uint8Array[]): string {
  const running = createHash("sha256")
  for (const piece of body) running.update(piece)
  return running.digest("hex")
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of answer) {
    parts.push(part)
    length += (part as Buffer).length
    if (length > TEXT_BYTES_MAX) throw new Error("an answer is too long")
  }
  return Buffer.concat(parts).toString()
}

const TRIES_MAX = 4
const FIRST_PAUSE_MS = 50
const SILENT_MS_MAX = 60_000

/** A list names a thousand objects. */
const TEXT_BYTES_MAX = 8 * 2 ** 20
