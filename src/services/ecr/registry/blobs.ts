import type { HttpResponse } from "../../../aws/http.ts"
import type { ByteRange } from "../blobs/blob-store.ts"
import { claimLayer } from "../layer/put.ts"
import { broughtLayer } from "../pull-through/layer.ts"
import { imageKey, images, layers } from "../tables.ts"
import { RegistryRefusal } from "./refusal.ts"
import { act, type Visit } from "./visit.ts"

export async function getBlob(visit: Visit, digest: string): Promise<HttpResponse> {
  const { registry, request } = visit
  const isHead = request.method === "HEAD"
  const layer = await act(visit, isHead ? "BatchCheckLayerAvailability" : "GetDownloadUrlForLayer", (found, { now }) =>
    claimLayer(found, digest, now),
  )
  // Where its file is lost, who pushes is told to send it again, and that mends it.
  if (layer === undefined || !(await registry.blobs.has(digest))) {
    const brought = await broughtLayer(visit, digest)
    if (brought === undefined) throw blobUnknown(digest)
    return blobAnswer(brought, request, digest, brought.bytes)
  }
  return blobAnswer(registry.blobs, request, digest, layer.bytes)
}

/** A blob, or the part of it that is asked for. */
export function blobAnswer(
  blobs: Pick<Visit["registry"]["blobs"], "read">,
  { method, headers: asked }: Pick<Visit["request"], "method" | "headers">,
  digest: string,
  bytes: number,
): HttpResponse {
  const headers = {
    "content-type": "application/octet-stream",
    "docker-content-digest": digest,
    etag: `"${digest}"`,
    "accept-ranges": "bytes",
    "cache-control": "max-age=31536000",
  }
  if (asked["if-none-match"]?.includes(digest)) return { status: 304, headers, body: "" }
  const range = method === "GET" ? readRange(asked.range, bytes) : undefined
  if (range === "outside") {
    const contentRange = { "content-range": `bytes */${bytes}` }
    throw new RegistryRefusal(416, "SIZE_INVALID", `The content has ${bytes} bytes.`, contentRange)
  }
  const length = range === undefined ? bytes : range.to - range.from
  const all = { ...headers, "content-length": String(length) }
  if (method === "HEAD") return { status: 200, headers: all, body: "" }
  const body = blobs.read(digest, range ?? { from: 0, to: bytes })
  if (range === undefined) return { status: 200, headers: all, body }
  return { status: 206, headers: { ...all, "content-range": `bytes ${range.from}-${range.to - 1}/${bytes}` }, body }
}

/** Forgets a layer that no image holds. */
export async function deleteBlob(visit: Visit, digest: string): Promise<HttpResponse> {
  await act(visit, "BatchDeleteImage", ({ tx, repository }) => {
    const key = imageKey(repository.id, digest)
    if (tx.get(layers, key) === undefined) throw blobUnknown(digest)
    if (tx.some(images, "holds", key)) {
      throw new RegistryRefusal(405, "UNSUPPORTED", "An image holds the layer. Delete the image instead.")
    }
    tx.delete(layers, key)
  })
  return { status: 202, headers: {}, body: "" }
}

export function blobUnknown(digest: string): RegistryRefusal {
  return new RegistryRefusal(404, "BLOB_UNKNOWN", `The layer with digest '${digest}' does not exist in the repository.`)
}

/** One part; of several, and of what cannot be read, everything is sent, as the protocol allows. */
function readRange(header: string | undefined, bytes: number): ByteRange | "outside" | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? []
  if (first === undefined || last === undefined || (first === "" && last === "")) return undefined
  if (first === "") {
    const from = Math.max(0, bytes - Number(last))
    return from < bytes ? { from, to: bytes } : "outside"
  }
  const [from, to] = [Number(first), last === "" ? bytes : Math.min(Number(last) + 1, bytes)]
  if (last !== "" && Number(last) < from) return undefined
  return from < bytes ? { from, to } : "outside"
}
