import { hash } from "node:crypto"
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import type { S3Place } from "./s3-connection.ts"

/** An S3-compatible store with one bucket, as small as it can be and as strict as the real ones. */
export interface TestS3 extends AsyncDisposable {
  readonly place: S3Place
  readonly objects: Map<string, Buffer>
  readonly changedAt: Map<string, number>

  /** Objects in parts that nobody has completed, by their ids. */
  readonly multiparts: Map<string, TestMultipart>

  /** Methods with names, in the order in which they came. */
  readonly asked: string[]

  /** Answers in place of the store: with a status, or by falling silent, or by breaking off. */
  meddle: (asked: string) => number | "silent" | "broken" | "answer lost" | undefined
}

interface TestMultipart {
  readonly name: string
  readonly parts: Map<number, Buffer>
  begunAt: number
}

export async function testS3(): Promise<TestS3> {
  const objects = new Map<string, Buffer>()
  const changedAt = new Map<string, number>()
  const multiparts = new Map<string, TestMultipart>()
  const asked: string[] = []
  let ids = 0

  const keep = (name: string, bytes: Buffer) => {
    objects.set(name, bytes)
    changedAt.set(name, Date.now())
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url!, "http://s3")
    const [, bucket, ...rest] = url.pathname.split("/").map(decodeURIComponent)
    const name = rest.join("/")
    const { method } = request
    asked.push(`${method} ${name}${url.search}`)
    const meddled = s3.meddle(asked.at(-1)!)
    if (meddled === "silent") return
    const body = await bytesFrom(request)
    if (typeof meddled === "number") return refuse(response, meddled, "ToldTo")
    const sentHash = request.headers["x-amz-content-sha256"]
    if (sentHash !== hash("sha256", body)) return refuse(response, 400, "XAmzContentSHA256Mismatch")
    if (!request.headers.authorization?.includes("Credential=test/")) return refuse(response, 403, "AccessDenied")
    if (bucket !== "images") return refuse(response, 404, "NoSuchBucket")
    const answer = act(method!, name, url.searchParams, request, body)
    if (typeof answer === "string" && answer.startsWith("No")) return refuse(response, 404, answer)
    if (meddled === "answer lost") return void request.socket.destroy()
    if (meddled === "broken") {
      response.writeHead(200, { "content-length": "10" }).write("half")
      return void setImmediate(() => request.socket.destroy())
    }
    send(response, request, answer)
  })

  function act(
    method: string,
    name: string,
    query: URLSearchParams,
    { headers }: IncomingMessage,
    body: Buffer,
  ): string | Buffer | { readonly etag: string } {
    const id = query.get("uploadId")
    const source = headers["x-amz-copy-source"] as string | undefined
    const sourceName = source && decodeURIComponent(source).slice("/images/".length)
    if (sourceName && !objects.has(sourceName)) return "NoSuchKey"
    const content = sourceName ? objects.get(sourceName)! : body
    if (id !== null) {
      const multipart = multiparts.get(id)
      if (multipart === undefined || multipart.name !== name) return "NoSuchUpload"
      if (method === "DELETE") {
        multiparts.delete(id)
        return ""
      }
      if (method === "PUT") {
        multipart.parts.set(Number(query.get("partNumber")), content)
        return sourceName ? `<CopyPartResult><ETag>${tagOf(content)}</ETag></CopyPartResult>` : { etag: tagOf(content) }
      }
      const said = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>([^<]*)</g)]
      const parts = said.map(([, number, tag]) => {
        const part = multipart.parts.get(Number(number))
        return part !== undefined && tagOf(part) === tag ? part : undefined
      })
      const isWhole = parts.length > 0 && parts.every((part) => part !== undefined)
      if (!isWhole || parts.slice(0, -1).some((part) => part!.length < 5 * 2 ** 20))
        return "<Error><Code>EntityTooSmall</Code></Error>"
      multiparts.delete(id)
      keep(name, Buffer.concat(parts as Buffer[]))
      return "<CompleteMultipartUploadResult/>"
    }
    if (method === "POST") {
      multiparts.set(`id&${++ids}`, { name, parts: new Map(), begunAt: Date.now() })
      return `<InitiateMultipartUploadResult><UploadId>id&amp;${ids}</UploadId></InitiateMultipartUploadResult>`
    }
    if (name === "") return query.has("uploads") ? unfinished(query) : listed(query)
    if (method === "PUT") {
      keep(name, content)
      return sourceName ? "<CopyObjectResult/>" : ""
    }
    if (method === "DELETE") {
      objects.delete(name)
      return ""
    }
    return objects.get(name) ?? "NoSuchKey"
  }

  function listed(query: URLSearchParams): string {
    const after = query.get("continuation-token") ?? ""
    const names = [...objects.keys()].filter((name) => name.startsWith(query.get("prefix") ?? "") && name > after)
    const countMax = Math.min(Number(query.get("max-keys")), LISTED_MAX)
    const page = names.toSorted().slice(0, countMax)
    const contents = page.map((name) => {
      const changed = new Date(changedAt.get(name)!).toISOString()
      return `<Contents><Key>${name}</Key><LastModified>${changed}</LastModified><Size>${objects.get(name)!.length}</Size></Contents>`
    })
    const isCut = names.length > page.length
    const next = isCut ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : ""
    return `<ListBucketResult><IsTruncated>${isCut}</IsTruncated>${next}${contents.join("")}</ListBucketResult>`
  }

  function unfinished(query: URLSearchParams): string {
    const all = [...multiparts].filter(([id]) => id > (query.get("upload-id-marker") ?? ""))
    const [first] = all
    const isCut = all.length > 1
    if (first === undefined)
      return "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>"
    const [id, { name, begunAt }] = first
    const said = id.replace("&", "&amp;")
    return `<ListMultipartUploadsResult><IsTruncated>${isCut}</IsTruncated><NextKeyMarker>${name}</NextKeyMarker>
      <NextUploadIdMarker>${said}</NextUploadIdMarker><Upload><Key>${name}</Key><UploadId>${said}</UploadId>
      <Initiated>${new Date(begunAt).toISOString()}</Initiated></Upload></ListMultipartUploadsResult>`
  }

  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const key = { accessKeyId: "test", secretAccessKey: "very-secret" }
  const s3: TestS3 = {
    place: { endpoint, bucket: "images", region: "us-east-1", key },
    objects,
    changedAt,
    multiparts,
    asked,
    meddle: () => undefined,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return s3
}

function send(
  response: ServerResponse,
  { method, headers }: IncomingMessage,
  answer: string | Buffer | { etag: string },
): void {
  if (typeof answer === "string") return void response.end(answer)
  if (!Buffer.isBuffer(answer)) return void response.writeHead(200, { etag: answer.etag }).end()
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? "") ?? []
  const bytes = from === undefined ? answer : answer.subarray(Number(from), Number(to) + 1)
  response.writeHead(from === undefined ? 200 : 206, { "content-length": String(bytes.length) })
  response.end(method === "HEAD" ? undefined : bytes)
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status).end(`<Error><Code>${code}</Code><Message>no</Message></Error>`)
}

async function bytesFrom(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part)
  return Buffer.concat(parts)
}

function tagOf(bytes: Buffer): string {
  return `"${hash("md5", bytes)}"`
}

/** Few, so that lists have several pages. */
const LISTED_MAX = 3
