import { asStream, type HttpResponse } from "../../../aws/http.ts"
import { isDigest, UploadRefused } from "../blobs/blob-store.ts"
import { putLayer } from "../layer/put.ts"
import { newUpload, uploadNamed } from "../layer/upload.ts"
import { passingBy } from "./body.ts"
import { createdOnPush } from "./create-on-push.ts"
import { mountedLayer } from "./mount.ts"
import { RegistryRefusal } from "./refusal.ts"
import { act, type Visit } from "./visit.ts"

/** Begins an upload; with a digest it ends in the same request, and what another repository has need not be sent at all. */
export async function beginUpload(visit: Visit): Promise<HttpResponse> {
  const { registry, request } = visit
  const parameters = new URLSearchParams(request.query)
  const upload = await createdOnPush(visit, () =>
    act(visit, "InitiateLayerUpload", ({ repository }, { keys, random }) => newUpload(keys, random, repository)),
  )
  const mount = parameters.get("mount")
  if (mount !== null && (await mountedLayer(visit, mount, parameters.get("from")))) return blobCreated(visit, mount)
  registry.blobs.begin(upload.name)
  const digest = parameters.get("digest")
  if (digest !== null) return end(visit, upload.name, digest)
  return { status: 202, headers: progress(visit, upload.id, 0), body: "" }
}

/** How much of an upload has come. */
export async function showUpload(visit: Visit, id: string): Promise<HttpResponse> {
  const name = await permittedUpload(visit, "UploadLayerPart", id)
  const received = await visit.registry.blobs.received(name)
  if (received === undefined) throw new UploadRefused("gone")
  return { status: 204, headers: progress(visit, id, received), body: "" }
}

export async function addToUpload(visit: Visit, id: string): Promise<HttpResponse> {
  const { registry, request } = visit
  const name = await permittedUpload(visit, "UploadLayerPart", id)
  const { body, headers } = request
  const pieces = body instanceof Uint8Array ? asStream(body) : passingBy(body)
  const received = await registry.blobs.append(name, startOf(headers["content-range"]), pieces)
  return { status: 202, headers: progress(visit, id, received), body: "" }
}

export async function endUpload(visit: Visit, id: string): Promise<HttpResponse> {
  const name = await permittedUpload(visit, "CompleteLayerUpload", id)
  const digest = new URLSearchParams(visit.request.query).get("digest")
  if (digest === null) throw new RegistryRefusal(400, "DIGEST_INVALID", "The request names no digest.")
  return end(visit, name, digest)
}

export async function abandonUpload(visit: Visit, id: string): Promise<HttpResponse> {
  const name = await permittedUpload(visit, "UploadLayerPart", id)
  if ((await visit.registry.blobs.received(name)) === undefined) throw new UploadRefused("gone")
  await visit.registry.blobs.abandon(name)
  return { status: 204, headers: {}, body: "" }
}

async function permittedUpload(visit: Visit, operation: string, id: string): Promise<string> {
  const name = await act(visit, operation, ({ repository }, { keys }) => uploadNamed(keys, id, repository))
  if (name === undefined) throw new UploadRefused("gone")
  return name
}

async function end(visit: Visit, name: string, digest: string): Promise<HttpResponse> {
  const { registry, request } = visit
  const { blobs } = registry
  if (!isDigest(digest)) {
    throw new RegistryRefusal(400, "DIGEST_INVALID", `Only digests of SHA-256 are supported, and not '${digest}'.`)
  }
  const { body } = request
  const at = startOf(request.headers["content-range"])
  // What comes with the end is a part like others, for which its sender needs the same permission.
  if (!(body instanceof Uint8Array && body.length === 0)) await act(visit, "UploadLayerPart", () => {})
  if (!(body instanceof Uint8Array)) await blobs.append(name, at, passingBy(body))
  else if (at !== undefined && body.length > 0) await blobs.append(name, at, asStream(body))
  // Until the repository's record of it is durable nobody else knows that the blob is wanted.
  using _ = blobs.hold(digest)
  const last = body instanceof Uint8Array && body.length > 0 && at === undefined ? body : undefined
  const bytes = await blobs.finish(name, digest, last)
  await act(visit, "CompleteLayerUpload", (found, { now }) => putLayer(found, digest, bytes, now))
  return blobCreated(visit, digest)
}

function blobCreated({ base }: Visit, digest: string): HttpResponse {
  const headers = { location: `${base}/blobs/${digest}`, "docker-content-digest": digest }
  return { status: 201, headers, body: "" }
}

function progress({ base }: Visit, id: string, received: number): Record<string, string> {
  return {
    location: `${base}/blobs/uploads/${id}`,
    range: `0-${Math.max(0, received - 1)}`,
    "docker-upload-uuid": id,
  }
}

/** Where a piece belongs; undefined for one that goes wherever the upload ends. */
function startOf(contentRange: string | undefined): number | undefined {
  const [, from] = /^(?:bytes )?(\d+)-\d+/.exec(contentRange ?? "") ?? []
  return from === undefined ? undefined : Number(from)
}
