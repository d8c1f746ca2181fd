import type { Call } from "../../aws/operations.ts"
import { s3Fault } from "./fault.ts"
import { entityTag } from "./sealing.ts"
import { type Bucket, objectKey, objects, type StoredObject } from "./tables.ts"

interface Tags {
  readonly IfMatch?: string | undefined
  readonly IfNoneMatch?: string | undefined
}

export interface Wanted extends Tags {
  readonly IfModifiedSince?: Date | undefined
  readonly IfUnmodifiedSince?: Date | undefined

  /** What is not copied is an error, where what is not read is as the reader knows it. */
  readonly isCopied?: boolean
}

/** Whether a reader wants an object as it is now. Of a tag and a time, the tag decides. */
export function checkWanted({ modifiedAt }: StoredObject, tag: string, wanted: Wanted): void {
  const { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince, isCopied = false } = wanted
  // A date on the wire has no fractions of a second.
  const changedAfter = (date: Date) => Math.floor(modifiedAt / 1000) * 1000 > date.getTime()
  if (IfMatch !== undefined ? !names(IfMatch, tag) : IfUnmodifiedSince && changedAfter(IfUnmodifiedSince)) {
    throw s3Fault("PreconditionFailed")
  }
  if (IfNoneMatch !== undefined ? names(IfNoneMatch, tag) : IfModifiedSince && !changedAfter(IfModifiedSince)) {
    throw s3Fault(isCopied ? "PreconditionFailed" : "NotModified")
  }
}

/** Whether what is there is what its writer believes to be there: of two that want to be first, one is. */
export function checkMayChange(call: Call, bucket: Bucket, { Key = "", IfMatch, IfNoneMatch }: Change): void {
  const present = call.tx.anywhere.installation.get(objects, objectKey(bucket.name, Key))
  if (IfNoneMatch !== undefined && IfNoneMatch !== "*") {
    throw s3Fault("InvalidArgument", "If-None-Match takes nothing but * where an object is put.")
  }
  if (IfNoneMatch !== undefined && present !== undefined) throw s3Fault("PreconditionFailed")
  if (IfMatch === undefined) return
  if (present === undefined) throw s3Fault("NoSuchKey")
  if (!names(IfMatch, entityTag(call.keys, present))) throw s3Fault("PreconditionFailed")
}

interface Change extends Tags {
  readonly Key?: string | undefined
}

/** Some clients leave the quotes away. */
function names(sent: string, tag: string): boolean {
  return sent === "*" || sent === tag || `"${sent}"` === tag
}
