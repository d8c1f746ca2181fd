import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { createServer as createTlsServer } from "node:https"
import type { AddressInfo } from "node:net"
import type { Fault } from "./fault.ts"
import { serveToken, unauthorized } from "./guard.ts"
import type { TestImage, TestIndex } from "./image.ts"

export interface RegistryOptions {
  /** How it asks who is there; both know the user `alice` with the password `secret`. */
  readonly guard?: "none" | "basic" | "bearer"
  readonly tls?: { readonly key: string | Buffer; readonly cert: string | Buffer }

  /** Where blobs are sent on to, as large registries do with another host. */
  readonly redirectBlobsTo?: string
}

export interface TestRegistry {
  /** As in `127.0.0.1:40123`. */
  readonly host: string

  /** Everything that was asked, in order. */
  readonly requests: readonly Request[]

  /** Keeps an image, or several under one name, as in `web:1`; answers with the whole reference. */
  put(name: string, content: TestImage | TestIndex): string

  /** How often a blob was asked for, wholly or partly. */
  fetches(digest: string): number

  /** The next `times` requests whose path contains `part` go wrong in this way. */
  fail(part: string, fault: Fault, times?: number): void

  /** From now on none of the tokens that it gave is any good. */
  forgetTokens(): void
  close(): Promise<void>
}

export interface Request {
  readonly method: string
  readonly path: string
  readonly range: string | undefined
  readonly authorization: string | undefined
  readonly accept: string | undefined
}

/** A registry on loopback that speaks what a pull needs of OCI's distribution protocol. */
export async function startRegistry(options: RegistryOptions = {}): Promise<TestRegistry> {
  const { guard = "none", tls, redirectBlobsTo } = options
  const manifests = new Map<string, { mediaType: string; bytes: Buffer }>()
  const blobs = new Map<string, Buffer>()
  const requests: Request[] = []
  const faults: { part: string; fault: Fault; left: number }[] = []

  let generation = 1

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url = "", headers } = request
    const { range, authorization, accept } = headers
    requests.push({ method, path: url, range, authorization, accept })
    const planned = faults.find(({ part, left }) => left > 0 && url.includes(part))
    if (planned !== undefined) planned.left -= 1
    const fault = planned?.fault ?? {}
    await fault.hold
    if (fault.status !== undefined) {
      if (fault.retryAfter !== undefined) response.setHeader("retry-after", fault.retryAfter)
      return refuse(response, fault.status, "UNKNOWN")
    }
    if (url.startsWith("/token?")) return serveToken(request, response, generation)
    const scope = /^\/v2\/(.+)\/(?:manifests|blobs)\//.exec(url)?.[1] ?? ""
    const challenge = unauthorized(guard, `${tls ? "https" : "http"}://${host}/token`, scope, authorization, generation)
    if (challenge !== undefined) {
      response.setHeader("www-authenticate", challenge)
      return refuse(response, 401, "UNAUTHORIZED")
    }
    if (url === "/v2/") return void response.end("{}")

    const found = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(url)
    if (found?.[2] === "manifests") {
      const manifest = manifests.get(`${found[1]}@${found[3]}`)
      if (manifest === undefined) return refuse(response, 404, "MANIFEST_UNKNOWN")
      response.setHeader("content-type", manifest.mediaType)
      response.setHeader("docker-content-digest", fault.digest ?? digests.get(manifest.bytes)!)
      return send(method, manifest.bytes, undefined, fault, response)
    }
    const blob = blobs.get(`${found?.[1]}@${found?.[3]}`)
    if (blob === undefined) return refuse(response, 404, "BLOB_UNKNOWN")
    if (redirectBlobsTo !== undefined) return void response.writeHead(307, { location: redirectBlobsTo + url }).end()
    send(method, blob, fault.ignoresRange ? undefined : range, fault, response)
  }

  const digests = new Map<Buffer, string>()
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    // A client that goes away in the middle is what some tests are about.
    response.on("error", () => {})
    void answer(request, response)
  }
  const server = tls ? createTlsServer({ ...tls }, serve) : createServer(serve)
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`

  function keep(repository: string, tag: string | undefined, content: TestImage | TestIndex): void {
    const { digest, mediaType, manifest } = content
    digests.set(manifest, digest)
    for (const name of [digest, ...(tag === undefined ? [] : [tag])]) {
      manifests.set(`${repository}@${name}`, { mediaType, bytes: manifest })
    }
    if ("images" in content) for (const image of content.images) keep(repository, undefined, image)
    else for (const [digest, bytes] of content.blobs) blobs.set(`${repository}@${digest}`, bytes)
  }

  return {
    host,
    requests,
    put(name, content) {
      const [repository, tag = "latest"] = name.split(":")
      keep(repository!, tag, content)
      return `${host}/${repository}:${tag}`
    },
    fetches: (digest) =>
      requests.filter(({ method, path }) => method === "GET" && path.endsWith(`/blobs/${digest}`)).length,
    fail(part, fault, times = 1) {
      faults.push({ part, fault, left: times })
    },
    forgetTokens() {
      generation += 1
    },
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      return closed
    },
  }
}

function send(method: string, whole: Buffer, range: string | undefined, fault: Fault, response: ServerResponse): void {
  const from = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0)
  if (from > 0 && from >= whole.length) {
    return void response.writeHead(416, { "content-range": `bytes */${whole.length}` }).end()
  }
  const part = Buffer.from(whole.subarray(from))
  if (fault.corrupt && part.length > 0) part[part.length >> 1]! ^= 1
  response.statusCode = from > 0 ? 206 : 200
  if (from > 0) response.setHeader("content-range", `bytes ${from}-${whole.length - 1}/${whole.length}`)
  response.setHeader("content-length", part.length)
  if (method === "HEAD") return void response.end()
  if (fault.cutAfter === undefined) return void response.end(part)
  response.write(part.subarray(0, fault.cutAfter), () => response.destroy())
}

function refuse(response: ServerResponse, status: number, code: string): void {
  const body = JSON.stringify({ errors: [{ code, message: code.toLowerCase().replace("_", " ") }] })
  response.writeHead(status, { "content-type": "application/json" }).end(body)
}
