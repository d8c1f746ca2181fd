import type * as sdk from "@aws-sdk/client-s3"
import { s3Fault } from "./fault.ts"
import type { Said } from "./tables.ts"

type Sent = Pick<
  sdk.PutObjectRequest,
  "ContentType" | "ContentEncoding" | "ContentLanguage" | "ContentDisposition" | "CacheControl" | "Expires" | "Metadata"
>

/** What a request says of the object that it puts. */
export function saidIn({ Metadata = {}, ...sent }: Sent): Said {
  const length = Buffer.byteLength(Object.entries(Metadata).flat().join(""))
  if (length > METADATA_BYTES_MAX) throw s3Fault("MetadataTooLarge")
  return {
    contentType: sent.ContentType,
    // How the body was cut into pieces on its way says nothing of the object.
    contentEncoding: sent.ContentEncoding?.replace(/^aws-chunked(, *|$)/, "") || undefined,
    contentLanguage: sent.ContentLanguage,
    contentDisposition: sent.ContentDisposition,
    cacheControl: sent.CacheControl,
    expires: sent.Expires?.getTime(),
    metadata: Metadata,
  }
}

/** As headers tell it; a reader may ask to be told otherwise. */
export function shownSaid(said: Said, asked: Asked = {}) {
  const { metadata } = said
  const contentEncoding = asked.ResponseContentEncoding ?? said.contentEncoding
  const contentLanguage = asked.ResponseContentLanguage ?? said.contentLanguage
  const contentDisposition = asked.ResponseContentDisposition ?? said.contentDisposition
  const cacheControl = asked.ResponseCacheControl ?? said.cacheControl
  const expires = asked.ResponseExpires?.getTime() ?? said.expires
  return {
    ContentType: asked.ResponseContentType ?? said.contentType ?? "binary/octet-stream",
    ...(contentEncoding !== undefined && { ContentEncoding: contentEncoding }),
    ...(contentLanguage !== undefined && { ContentLanguage: contentLanguage }),
    ...(contentDisposition !== undefined && { ContentDisposition: contentDisposition }),
    ...(cacheControl !== undefined && { CacheControl: cacheControl }),
    ...(expires !== undefined && { Expires: new Date(expires) }),
    Metadata: metadata,
  }
}

type Asked = Pick<
  sdk.GetObjectRequest,
  | "ResponseContentType"
  | "ResponseContentEncoding"
  | "ResponseContentLanguage"
  | "ResponseContentDisposition"
  | "ResponseCacheControl"
  | "ResponseExpires"
>

const METADATA_BYTES_MAX = 2048
