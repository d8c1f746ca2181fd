import { BlobsUnavailable, type ByteRange } from "./blob-store.ts"
import { type S3Connection, S3Refusal, unavailable } from "./s3-connection.ts"

export interface S3Object {
  readonly name: string
  readonly bytes: number

  /** By the store's clock. */
  readonly changedAt: number
}

export interface S3Multipart {
  readonly name: string
  readonly id: string
  readonly begunAt: number
}

/** What is done with the objects of a bucket. Rejects with `BlobsUnavailable`, whatever the store says. */
export class S3Bucket {
  readonly #connection: S3Connection

  constructor(connection: S3Connection) {
    this.#connection = connection
  }

  async has(name: string): Promise<boolean> {
    try {
      await this.#connection.text({ method: "HEAD", object: name })
      return true
    } catch (error) {
      if (error instanceof S3Refusal && error.status === 404) return false
      throw unavailable(error)
    }
  }

  /** A part of an object, or all of it. A reader that falls behind so far that the store ends the answer goes on with another. */
  async *read(name: string, range?: ByteRange): AsyncGenerator<Uint8Array, void, undefined> {
    let at = range?.from ?? 0
    let end = range?.to
    for (let failures = 0; end === undefined || at < end; ) {
      try {
        const asked = end === undefined ? undefined : { range: `bytes=${at}-${end - 1}` }
        const answer = await this.#connection.stream({ method: "GET", object: name, ...(asked && { headers: asked }) })
        if (asked !== undefined && answer.statusCode !== 206) {
          answer.destroy()
          throw new S3Refusal(answer.statusCode!, "without the part that was asked for")
        }
        end ??= Number(answer.headers["content-length"])
        for await (const piece of answer as AsyncIterable<Buffer>) {
          at += piece.length
          failures = 0
          yield piece
        }
        if (at < end) throw new Error("an object ends too soon")
      } catch (error) {
        const isFinal = error instanceof S3Refusal || error instanceof BlobsUnavailable
        if (isFinal || ++failures === FAILURES_MAX) throw unavailable(error)
      }
    }
  }

  /** With the content's SHA-256 where it is known, as it takes a while to make. */
  async put(name: string, body: readonly Uint8Array[], contentHash?: string): Promise<void> {
    await this.#done({ method: "PUT", object: name, body, ...(contentHash !== undefined && { contentHash }) })
  }

  async copy(from: string, to: string): Promise<void> {
    await this.#done({ method: "PUT", object: to, headers: this.#source(from) })
  }

  /** With `once`, it is not asked again, so that nothing is removed long after somebody asked. */
  async remove(name: string, { once = false } = {}): Promise<void> {
    await this.#done({ method: "DELETE", object: name, ...(once && { triesMax: 1 }) })
  }

  /** All objects whose names begin so, in the order of their names, some at a time. */
  async *list(prefix: string, together = LISTED_TOGETHER): AsyncGenerator<readonly S3Object[], void, undefined> {
    for (let next: string | undefined, isFirst = true; isFirst || next !== undefined; isFirst = false) {
      const query = { "list-type": "2", "max-keys": String(together), prefix }
      const page = next === undefined ? query : { ...query, "continuation-token": next }
      const { text } = await this.#done({ method: "GET", query: page })
      yield elements(text, "Contents").map((element) => ({
        name: said(element, "Key"),
        bytes: Number(said(element, "Size")),
        changedAt: Date.parse(said(element, "LastModified")),
      }))
      next = said(text, "IsTruncated") === "true" ? said(text, "NextContinuationToken") : undefined
    }
  }

  /** Begins an object that is made of parts; nobody sees it before it is completed. */
  async begin(name: string): Promise<string> {
    const { text } = await this.#done({ method: "POST", object: name, query: { uploads: "" } })
    return said(text, "UploadId")
  }

  /** Resolves with the tag that completing it takes. */
  async putPart(name: string, id: string, number: number, body: readonly Uint8Array[]): Promise<string> {
    const query = { partNumber: String(number), uploadId: id }
    const { headers } = await this.#done({ method: "PUT", object: name, query, body })
    return headers.etag ?? ""
  }

  /** Undefined from a store that does not copy into parts, such as Google's. */
  async copyPart(name: string, id: string, number: number, from: string): Promise<string | undefined> {
    const query = { partNumber: String(number), uploadId: id }
    try {
      const { text } = await this.#connection.text({ method: "PUT", object: name, query, headers: this.#source(from) })
      return said(text, "ETag")
    } catch (error) {
      if (error instanceof S3Refusal && error.status === 501) return undefined
      throw unavailable(error)
    }
  }

  async complete(name: string, id: string, tags: readonly string[]): Promise<void> {
    const parts = tags.map((tag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${tag}</ETag></Part>`)
    const xml = `<CompleteMultipartUpload xmlns="${NAMESPACE}">${parts.join("")}</CompleteMultipartUpload>`
    try {
      const body = [Buffer.from(xml)]
      await this.#connection.text({ method: "POST", object: name, query: { uploadId: id }, body })
    } catch (error) {
      // It may be complete, and only the answer was lost.
      const isOver = error instanceof S3Refusal && error.code === "NoSuchUpload"
      if (!isOver || !(await this.has(name))) throw unavailable(error)
    }
  }

  async giveUp(name: string, id: string): Promise<void> {
    await this.#done({ method: "DELETE", object: name, query: { uploadId: id } })
  }

  /** Objects in parts that nobody has completed, where the store lists them; MinIO does not, and takes them away by itself. */
  async *unfinished(prefix: string): AsyncGenerator<readonly S3Multipart[], void, undefined> {
    let after: Readonly<Record<string, string>> | undefined = {}
    while (after !== undefined) {
      const text: string = await this.#listUnfinished({ ...after, prefix, uploads: "" })
      yield elements(text, "Upload").map((element) => ({
        name: said(element, "Key"),
        id: said(element, "UploadId"),
        begunAt: Date.parse(said(element, "Initiated")),
      }))
      after =
        said(text, "IsTruncated") === "true"
          ? { "key-marker": said(text, "NextKeyMarker"), "upload-id-marker": said(text, "NextUploadIdMarker") }
          : undefined
    }
  }

  async #listUnfinished(query: Readonly<Record<string, string>>): Promise<string> {
    try {
      return (await this.#connection.text({ method: "GET", query })).text
    } catch (error) {
      if (error instanceof S3Refusal && error.status === 501) return ""
      throw unavailable(error)
    }
  }

  #source(name: string): Readonly<Record<string, string>> {
    return { "x-amz-copy-source": `/${this.#connection.bucket}/${name}`.split("/").map(encodeURIComponent).join("/") }
  }

  async #done(request: Parameters<S3Connection["text"]>[0]): ReturnType<S3Connection["text"]> {
    try {
      return await this.#connection.text(request)
    } catch (error) {
      throw unavailable(error)
    }
  }
}

function elements(xml: string, name: string): readonly string[] {
  return [...xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, "gs"))].map(([, inner]) => inner!)
}

/** The text of an element; none when it is missing. */
function said(xml: string, name: string): string {
  const [, text = ""] = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml) ?? []
  return text.replaceAll(/&(amp|lt|gt|quot|apos|#34|#39);/g, (_, entity: string) => ENTITIES[entity]!)
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  "#34": '"',
  "#39": "'",
}
const NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
const LISTED_TOGETHER = 1_000

/** In a row, with nothing read in between. */
const FAILURES_MAX = 3
