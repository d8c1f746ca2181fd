import { CommonFault } from "../../../aws/common-fault.ts"
import { Fault } from "../../../aws/fault.ts"
import type { HttpResponse } from "../../../aws/http.ts"
import { BlobsUnavailable, DigestMismatch, UploadRefused } from "../blobs/blob-store.ts"
import { BadManifest } from "../image/manifest.ts"

/** What the registry's protocol calls a caller's mistake. */
export class RegistryRefusal extends Error {
  override readonly name = "RegistryRefusal"
  readonly status: number
  readonly code: string
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.code = code
    this.headers = headers
  }
}

/** The refusal that an error stands for; undefined when the mistake is ours. */
export function refusalFor(error: unknown): RegistryRefusal | undefined {
  if (error instanceof RegistryRefusal) return error
  if (error instanceof CommonFault) return ofCommonFault(error)
  if (error instanceof Fault) {
    const [status, code] = CODES[error.code] ?? [400, "UNSUPPORTED"]
    return new RegistryRefusal(status, code, error.message)
  }
  if (error instanceof BadManifest) return new RegistryRefusal(400, "MANIFEST_INVALID", error.message)
  if (error instanceof DigestMismatch) return new RegistryRefusal(400, "DIGEST_INVALID", error.message)
  if (error instanceof BlobsUnavailable) return unavailable(error.message)
  if (error instanceof UploadRefused) return ofUpload(error)
  return undefined
}

export function unavailable(message: string): RegistryRefusal {
  return new RegistryRefusal(503, "UNAVAILABLE", message, { "retry-after": "1" })
}

export function answerOf({ status, code, message, headers }: RegistryRefusal): HttpResponse {
  return {
    status,
    headers: { ...headers, "content-type": "application/json; charset=utf-8" },
    body: JSON.stringify({ errors: [{ code, message }] }),
  }
}

function ofCommonFault({ kind, message }: CommonFault): RegistryRefusal {
  if (kind === "denied") return new RegistryRefusal(403, "DENIED", message)
  if (kind === "unavailable") return unavailable(message)
  if (kind === "throttled") return new RegistryRefusal(429, "TOOMANYREQUESTS", message, { "retry-after": "1" })
  return new RegistryRefusal(400, "UNSUPPORTED", message)
}

function ofUpload({ reason, received }: UploadRefused): RegistryRefusal {
  if (reason === "gone")
    return new RegistryRefusal(404, "BLOB_UPLOAD_UNKNOWN", "The upload could not be found, or is over.")
  if (reason === "too large")
    return new RegistryRefusal(413, "SIZE_INVALID", "A layer has at most 52000 MiB. The upload is given up.")
  const range = { range: `0-${Math.max(0, received - 1)}` }
  if (reason === "misplaced") {
    return new RegistryRefusal(416, "BLOB_UPLOAD_INVALID", `The upload goes on at byte ${received}.`, range)
  }
  return new RegistryRefusal(409, "BLOB_UPLOAD_INVALID", "Another request is adding to the upload.", range)
}

const CODES: Readonly<Record<string, readonly [status: number, code: string]>> = {
  RepositoryNotFoundException: [404, "NAME_UNKNOWN"],
  ImageNotFoundException: [404, "MANIFEST_UNKNOWN"],
  ImageTagAlreadyExistsException: [400, "TAG_INVALID"],
  LayersNotFoundException: [404, "MANIFEST_BLOB_UNKNOWN"],
  ReferencedImagesNotFoundException: [404, "MANIFEST_UNKNOWN"],
  LimitExceededException: [400, "TOOMANYREQUESTS"],
  InvalidParameterException: [400, "NAME_INVALID"],
}
