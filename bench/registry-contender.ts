import { createHash, randomBytes } from "node:crypto"
import { connect } from "node:net"
import { closedLoop, perSecond } from "./closed-loop.ts"
import { contend } from "./contender.ts"
import { HttpConnection, type Reply } from "./http-connection.ts"

export interface RegistryPlace {
  readonly port: number

  /** As it stands in the path. */
  readonly repository: string

  /** Undefined for a registry that asks nobody. */
  readonly authorization?: string
}

export type RegistryWork = "manifest" | "small push" | "large push" | "large pull"

export interface RegistryTask {
  readonly place: RegistryPlace
  readonly work: RegistryWork
  readonly seconds: number
}

/** Clients of a registry, in a process of their own: answers and blobs a second, or megabytes a second of large ones. */
contend(async (_: object) => async ({ place, work, seconds }: RegistryTask): Promise<number> => {
  await prepare(place)
  switch (work) {
    case "manifest":
      return manifests(place, seconds)
    case "small push":
      return smallPushes(place, seconds)
    case "large push":
      return pushLarge(place, largeBlob())
    case "large pull":
      return pullLarge(place)
  }
})

const prepared = new Map<number, { readonly large: string }>()

/** An image and a large blob, once for each registry. */
async function prepare(place: RegistryPlace): Promise<void> {
  if (prepared.has(place.port)) return
  const connection = await HttpConnection.open(place.port)
  const [config, layer] = [Buffer.from("{}"), randomBytes(1_000)]
  for (const bytes of [config, layer]) await push(connection, place, bytes)
  const descriptor = (bytes: Buffer, mediaType: string) => ({ mediaType, size: bytes.length, digest: digestOf(bytes) })
  const body = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: descriptor(config, "application/vnd.docker.container.image.v1+json"),
    layers: [descriptor(layer, "application/vnd.docker.image.rootfs.diff.tar.gzip")],
  })
  const put = request(place, "PUT", "manifests/latest", Buffer.from(body), MANIFEST)
  mustBe(201, await connection.call(put))
  connection.close()
  const large = largeBlob()
  await pushLarge(place, large)
  prepared.set(place.port, { large: digestOf(large) })
}

async function manifests(place: RegistryPlace, seconds: number): Promise<number> {
  const get = request(place, "GET", "manifests/latest")
  return onConnections(place, seconds, async (connection) => mustBe(200, await connection.call(get)))
}

async function smallPushes(place: RegistryPlace, seconds: number): Promise<number> {
  return onConnections(place, seconds, (connection) => push(connection, place, randomBytes(SMALL_BYTES)))
}

async function onConnections(
  { port }: RegistryPlace,
  seconds: number,
  turn: (connection: HttpConnection) => Promise<void>,
): Promise<number> {
  const open = await Promise.all(Array.from({ length: CALLERS }, () => HttpConnection.open(port)))
  const tally = await closedLoop({ callers: CALLERS, seconds }, (caller) => turn(open[caller]!))
  for (const connection of open) connection.close()
  return perSecond(tally)
}

/** As Docker does it at best: one request to begin, one with everything. */
async function push(connection: HttpConnection, place: RegistryPlace, bytes: Buffer): Promise<void> {
  const begun = await connection.call(request(place, "POST", "blobs/uploads/"))
  mustBe(202, begun)
  const at = uploadPath(begun, digestOf(bytes))
  mustBe(201, await connection.call(Buffer.concat([head(place, "PUT", at, bytes.length), bytes])))
}

/** MB/s from the first byte to the acknowledgement. */
async function pushLarge(place: RegistryPlace, bytes: Buffer): Promise<number> {
  const connection = await HttpConnection.open(place.port)
  const begun = await connection.call(request(place, "POST", "blobs/uploads/"))
  const at = uploadPath(begun, digestOf(bytes))
  const sent = Buffer.concat([head(place, "PUT", at, bytes.length), bytes])
  const startedAt = performance.now()
  mustBe(201, await connection.call(sent))
  connection.close()
  return megabytesASecond(bytes.length, startedAt)
}

function pullLarge(place: RegistryPlace): Promise<number> {
  const get = request(place, "GET", `blobs/${prepared.get(place.port)!.large}`)
  const startedAt = performance.now()
  return new Promise((resolve, reject) => {
    let bytes = 0
    const socket = connect({
      port: place.port,
      host: "127.0.0.1",
      onread: {
        // Into one place, again and again: what is done with it is nobody's concern here.
        buffer: Buffer.alloc(2 ** 20),
        callback(length) {
          bytes += length
          if (bytes < LARGE_BYTES) return true
          socket.destroy()
          resolve(megabytesASecond(LARGE_BYTES, startedAt))
          return false
        },
      },
    })
    socket.on("error", reject)
    socket.on("end", () => reject(new Error(`the blob ended after ${bytes} bytes`)))
    socket.write(get)
  })
}

function megabytesASecond(bytes: number, startedAt: number): number {
  return bytes / 1e6 / ((performance.now() - startedAt) / 1000)
}

function request(place: RegistryPlace, method: string, path: string, body = Buffer.alloc(0), type = OCTETS): Buffer {
  return Buffer.concat([head(place, method, `/v2/${place.repository}/${path}`, body.length, type), body])
}

function head(
  { port, authorization }: RegistryPlace,
  method: string,
  at: string,
  length: number,
  type = OCTETS,
): Buffer {
  const lines = [
    `${method} ${at} HTTP/1.1`,
    `host: 127.0.0.1:${port}`,
    `accept: ${MANIFEST}`,
    `content-type: ${type}`,
    `content-length: ${length}`,
    ...(authorization === undefined ? [] : [`authorization: ${authorization}`]),
  ]
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`)
}

/** Where the answer says that the upload goes on, with the digest that ends it. */
function uploadPath({ headers }: Reply, digest: string): string {
  const location = /\r\nlocation: *([^\r]+)/i.exec(headers)?.[1] ?? ""
  const { pathname, search } = new URL(location, "http://localhost")
  return `${pathname}${search}${search === "" ? "?" : "&"}digest=${digest}`
}

function mustBe(status: number, reply: Reply): void {
  if (reply.status !== status) throw new Error(`the registry answered ${reply.status}: ${reply.body}`)
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`
}

/** Another one each time: what is there already need not be written. */
function largeBlob(): Buffer {
  const bytes = Buffer.alloc(LARGE_BYTES, randomBytes(2 ** 20))
  randomBytes(64).copy(bytes)
  return bytes
}

const MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
const OCTETS = "application/octet-stream"
const CALLERS = 16
const SMALL_BYTES = 4_096
const LARGE_BYTES = 128 * 2 ** 20
