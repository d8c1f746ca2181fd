import { answerStream } from "../../../aws/answer-stream.ts"
import type { HttpRequest, HttpResponse } from "../../../aws/http.ts"
import { AssertionError } from "../../../base/assert.ts"
import { isDigest } from "../blobs/blob-store.ts"
import { isPublic } from "../names.ts"
import { ANYONE, askerOf } from "./asker.ts"
import { blobUnknown, deleteBlob, getBlob } from "./blobs.ts"
import { answerDownload, DOWNLOAD_PATH } from "./download.ts"
import { listCatalog, listReferrers, listTags } from "./listings.ts"
import { answerTokenRequest, challenge, TOKEN_PATH, unauthorized } from "./login.ts"
import { deleteManifest, getManifest, putManifest } from "./manifests.ts"
import { answerOf, RegistryRefusal, refusalFor, unavailable } from "./refusal.ts"
import type { Registry } from "./registry.ts"
import type { Passing } from "./traffic.ts"
import { abandonUpload, addToUpload, beginUpload, endUpload, showUpload } from "./uploads.ts"
import { type Visit, visitTo } from "./visit.ts"

/** Whether a request speaks the protocol of registries: a signed one is for a service, whatever its path. */
export function isRegistryRequest({ path, query, headers }: Pick<HttpRequest, "path" | "query" | "headers">): boolean {
  if (!path.startsWith("/v2/") && path !== "/v2") return false
  return headers.authorization?.startsWith("AWS4-") !== true && !query.includes("X-Amz-Signature=")
}

/** The distribution protocol of the Open Container Initiative, as Docker speaks it too: from request to response. */
export async function answerRegistryRequest(registry: Registry, request: HttpRequest): Promise<HttpResponse> {
  const { store, traffic } = registry
  const passing = traffic.enter()
  let response: HttpResponse
  try {
    if (passing === undefined) throw unavailable("Homeport is answering as much as it can. Try again.")
    response = await answer(registry, request, passing)
  } catch (error) {
    response = refused(registry, request, error)
  }
  if (!store.mayAnswer()) response = answerOf(unavailable("Homeport cannot answer right now. Try again."))
  const { status, headers, body } = response
  const all = { "docker-distribution-api-version": "registry/2.0", ...headers }
  traffic.count(passing?.operation ?? "", status)
  if (typeof body === "string" || body instanceof Uint8Array) {
    passing?.leave()
    return { status, headers: all, body }
  }
  const { signal } = request
  const stream = answerStream(body, { signal, mayAnswer: () => store.mayAnswer(), over: () => passing?.leave() })
  return { status, headers: all, body: stream }
}

async function answer(registry: Registry, request: HttpRequest, passing: Passing): Promise<HttpResponse> {
  const { path } = request
  if (registry.store.isBehind) throw unavailable("Homeport cannot answer right now. Try again.")
  if (path === TOKEN_PATH) return answerTokenRequest(registry, request)
  if (path.startsWith(DOWNLOAD_PATH)) return answerDownload(registry, request)
  const asker = askerOf(registry, request)
  if (asker === undefined) throw unauthorized()
  passing.enterAccount(asker.principal.account)
  if (path === "/v2/" || path === "/v2") {
    if (asker === ANYONE && request.headers.authorization === undefined) throw unauthorized()
    return { status: 200, headers: { "content-type": "application/json" }, body: "{}" }
  }
  if (path === "/v2/_catalog") {
    if (asker === ANYONE) throw unauthorized()
    const home = { account: asker.principal.account, region: asker.region }
    return listCatalog({ registry, request, asker, home })
  }
  const [, named, kind, rest] = PATH.exec(path) ?? []
  if (named === undefined) throw new RegistryRefusal(404, "UNSUPPORTED", "There is nothing at this path.")
  passing.operation = `${request.method} ${kind}`
  const visit = visitTo(registry, request, asker, decoded(named))
  const isRead = request.method === "GET" || request.method === "HEAD"
  if (asker === ANYONE && !(isRead && isPublic(visit.home))) throw unauthorized()
  return answerVisit(visit, kind as Kind, decoded(rest!))
}

function answerVisit(visit: Visit, kind: Kind, rest: string): Promise<HttpResponse> {
  const { method } = visit.request
  const isRead = method === "GET" || method === "HEAD"
  switch (kind) {
    case "manifests":
      if (isRead) return getManifest(visit, rest)
      if (method === "PUT") return putManifest(visit, rest)
      if (method === "DELETE") return deleteManifest(visit, rest)
      break
    case "blobs/uploads":
      if (method === "POST" && rest === "") return beginUpload(visit)
      if (rest === "") break
      if (isRead) return showUpload(visit, rest)
      if (method === "PATCH") return addToUpload(visit, rest)
      if (method === "PUT") return endUpload(visit, rest)
      if (method === "DELETE") return abandonUpload(visit, rest)
      break
    case "blobs":
      if (!isDigest(rest)) throw isRead ? blobUnknown(rest) : new RegistryRefusal(400, "DIGEST_INVALID", "No digest.")
      if (isRead) return getBlob(visit, rest)
      if (method === "DELETE") return deleteBlob(visit, rest)
      break
    case "referrers":
      if (!isDigest(rest)) throw new RegistryRefusal(400, "DIGEST_INVALID", `A digest cannot be '${rest}'.`)
      if (isRead) return listReferrers(visit, rest)
      break
    case "tags":
      if (isRead && rest === "list") return listTags(visit)
  }
  throw new RegistryRefusal(405, "UNSUPPORTED", `The method ${method} is not supported here.`)
}

type Kind = "manifests" | "blobs/uploads" | "blobs" | "referrers" | "tags"

function refused({ world, store }: Registry, request: HttpRequest, error: unknown): HttpResponse {
  const refusal = refusalFor(error)
  if (refusal !== undefined) {
    const response = answerOf(refusal)
    if (refusal.status !== 401) return response
    return { ...response, headers: { ...response.headers, "www-authenticate": challenge(request) } }
  }
  // Whoever has gone away in the middle hears nothing, and nothing of ours went wrong.
  if (request.signal.aborted || !store.mayAnswer()) return answerOf(unavailable("The request broke off."))
  world.log.error(error instanceof AssertionError ? "something that must hold did not" : "the registry failed", {
    method: request.method,
    // What is sealed in a path is as good as a key for a while.
    path: request.path.replaceAll(/[^/]{120,}/g, "…"),
    error: error instanceof Error ? error.stack : String(error),
  })
  return answerOf(new RegistryRefusal(500, "UNKNOWN", "Homeport made a mistake; its log says more."))
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new RegistryRefusal(400, "NAME_INVALID", "The path is not well encoded.")
  }
}

const PATH = /^\/v2\/(.+?)\/(manifests|blobs\/uploads|blobs|referrers|tags)\/([^/]*)$/
