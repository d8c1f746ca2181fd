import type { HttpRequest, HttpResponse } from "../../../aws/http.ts"
import type { Caller } from "../../../aws/operations.ts"
import { seal, unseal } from "../sealed.ts"
import { blobAnswer } from "./blobs.ts"
import { RegistryRefusal } from "./refusal.ts"
import type { Registry } from "./registry.ts"

/** An address under which whoever has it reads a layer for a while, as AWS gives one of S3's. */
export function downloadUrl({ keys, random, origin, now }: Caller, digest: string, bytes: number): string {
  const content: Download = { digest, bytes, expiresAt: now + DOWNLOAD_MS }
  return `${origin}${DOWNLOAD_PATH}${seal(keys.derive(PURPOSE), random, content)}`
}

export async function answerDownload({ keys, world, blobs }: Registry, request: HttpRequest): Promise<HttpResponse> {
  const download = unseal<Download>(keys.derive(PURPOSE), request.path.slice(DOWNLOAD_PATH.length))
  if (download === undefined || download.expiresAt <= world.now()) {
    throw new RegistryRefusal(403, "DENIED", "The address of the layer has expired. Ask for another one.")
  }
  const { digest, bytes } = download
  if (request.method !== "GET" && request.method !== "HEAD") {
    throw new RegistryRefusal(405, "UNSUPPORTED", `The method ${request.method} is not supported here.`)
  }
  if (!(await blobs.has(digest))) throw new RegistryRefusal(404, "BLOB_UNKNOWN", "The layer is gone.")
  return blobAnswer(blobs, request, digest, bytes)
}

export const DOWNLOAD_PATH = "/v2/_layers/"

interface Download {
  readonly digest: string
  readonly bytes: number
  readonly expiresAt: number
}

const PURPOSE = "ecr-download/v1"
const DOWNLOAD_MS = 60 * 60 * 1000
