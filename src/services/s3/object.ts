import type * as sdk from "@aws-sdk/client-s3"
import { type Call, flow, type Operations } from "../../aws/operations.ts"
import { whole } from "./body.ts"
import { checkMayChange, checkWanted } from "./conditional.ts"
import { s3Fault } from "./fault.ts"
import { checkOwner, findObject, permittedBucket, policyOf } from "./find.ts"
import { type Range, rangeIn } from "./range.ts"
import { refuseUnkept } from "./refuse.ts"
import { saidIn, shownSaid } from "./said.ts"
import { contentOf, entityTag } from "./sealing.ts"
import { buckets, type StoredObject } from "./tables.ts"
import { deleteObject, putObject } from "./write.ts"

export const objectOperations = {
  PutObject: flow(async (call, input) => {
    const { Key: key = "", Body: body } = input
    const conditions = putConditions(input)
    await call.transact((inner) => void permittedBucket(inner, input, conditions))
    if (Buffer.byteLength(key) > KEY_BYTES_MAX) throw s3Fault("KeyTooLongError")
    refuseUnkept(input)
    const said = saidIn(input)
    const content = await whole(body, input)
    const put = (inner: Call) => {
      // The bucket may have gone, or the right to it, while the content came.
      const bucket = permittedBucket(inner, input, conditions)
      checkMayChange(inner, bucket, input)
      return entityTag(inner.keys, putObject(inner, bucket, key, content, said))
    }
    return { ETag: await call.transact(put), ...ENCRYPTED }
  }),

  GetObject: flow(async (call, input) => {
    const { object, content, tag } = await call.transact((inner) => {
      const object = permittedObject(inner, input)
      return { object, content: contentOf(inner.keys, object), tag: entityTag(inner.keys, object) }
    })
    checkWanted(object, tag, input)
    const part = input.Range === undefined ? undefined : rangeIn(input.Range, content.length)
    const body = part ? content.subarray(part.from, part.to + 1) : content
    return { ...described(object, tag, part), ...shownSaid(object.said, input), Body: once(body) }
  }),

  HeadObject(call, input) {
    const object = permittedObject(call, input)
    const tag = entityTag(call.keys, object)
    checkWanted(object, tag, input)
    const part = input.Range === undefined ? undefined : rangeIn(input.Range, object.size)
    return { ...described(object, tag, part), ...shownSaid(object.said, input) }
  },

  /** Terraform and the CLI look; there are none, and PutObject says so. */
  GetObjectTagging(call, input) {
    permittedObject(call, input)
    return { TagSet: [] }
  },

  CopyObject(call, input) {
    const { Bucket: name = "", Key: key = "", MetadataDirective: directive = "COPY" } = input
    const { bucket: from, key: fromKey } = sourceOf(input.CopySource ?? "")
    const conditions = { ...putConditions(input), "s3:x-amz-copy-source": `${from}/${fromKey}` }
    const bucket = permittedBucket(call, input, { ...conditions, "s3:x-amz-metadata-directive": directive })
    const source = call.tx.anywhere.installation.get(buckets, from)
    if (source === undefined) throw s3Fault("NoSuchBucket")
    call.authorizeAlso("s3:GetObject", `arn:${call.partition}:s3:::${from}/${fromKey}`, {}, policyOf(call, source))
    checkOwner(source, input.ExpectedSourceBucketOwner)
    const original = findObject(call, source, fromKey)
    checkWanted(original, entityTag(call.keys, original), {
      IfMatch: input.CopySourceIfMatch,
      IfNoneMatch: input.CopySourceIfNoneMatch,
      IfModifiedSince: input.CopySourceIfModifiedSince,
      IfUnmodifiedSince: input.CopySourceIfUnmodifiedSince,
      isCopied: true,
    })
    if (Buffer.byteLength(key) > KEY_BYTES_MAX) throw s3Fault("KeyTooLongError")
    refuseUnkept(input)
    checkMayChange(call, bucket, input)
    if (directive !== "REPLACE" && from === name && fromKey === key) throw s3Fault("InvalidRequest")
    const said = directive === "REPLACE" ? saidIn(input) : original.said
    const copy = putObject(call, bucket, key, contentOf(call.keys, original), said)
    const tag = entityTag(call.keys, copy)
    return { CopyObjectResult: { ETag: tag, LastModified: new Date(copy.modifiedAt) }, ...ENCRYPTED }
  },

  DeleteObject(call, input) {
    const bucket = permittedBucket(call, input)
    refuseUnkept(input)
    if (input.IfMatch !== undefined) checkMayChange(call, bucket, input)
    deleteObject(call, bucket, input.Key ?? "")
    return {}
  },

  DeleteObjects(call, { Delete: { Objects: named = [], Quiet = false } = { Objects: [] }, ...input }) {
    if (named.length === 0 || named.length > DELETED_MAX) throw s3Fault("MalformedXML")
    for (const object of named) refuseUnkept(object)
    const keys = named.map(({ Key = "" }) => Key)
    // Each by itself may be refused on AWS; here the whole request is, and nothing is gone that was not meant.
    const [first, ...others] = keys.map((Key) => () => permittedBucket(call, { ...input, Key }))
    let bucket = first!()
    for (const ask of others) ask()
    for (const key of keys) bucket = deleteObject(call, bucket, key)
    return Quiet ? {} : { Deleted: keys.map((Key) => ({ Key })) }
  },
} satisfies Operations<typeof sdk>

function permittedObject(call: Call, input: sdk.HeadObjectRequest): StoredObject {
  const bucket = permittedBucket(call, input)
  refuseUnkept({ VersionId: input.VersionId, PartNumber: input.PartNumber, SSECustomerKey: input.SSECustomerKey })
  return findObject(call, bucket, input.Key ?? "")
}

/** What policies of buckets ask of whoever puts something, as those do that want all to be encrypted. */
function putConditions({
  ServerSideEncryption,
  ACL,
  StorageClass,
}: Pick<sdk.PutObjectRequest, "ServerSideEncryption" | "ACL" | "StorageClass">) {
  return {
    "s3:x-amz-server-side-encryption": ServerSideEncryption,
    "s3:x-amz-acl": ACL,
    "s3:x-amz-storage-class": StorageClass,
  }
}

function sourceOf(source: string): { readonly bucket: string; readonly key: string } {
  const [, bucket, key] = /^\/?([^/]+)\/(.+?)(?:\?versionId=null)?$/.exec(decoded(source)) ?? []
  if (bucket === undefined || key === undefined) throw s3Fault("InvalidArgument", COPY_SOURCE)
  return { bucket, key }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw s3Fault("InvalidArgument", COPY_SOURCE)
  }
}

function described({ size, modifiedAt }: StoredObject, tag: string, part: Range | undefined) {
  return {
    AcceptRanges: "bytes",
    ContentLength: part === undefined ? size : part.to - part.from + 1,
    ...(part !== undefined && { ContentRange: `bytes ${part.from}-${part.to}/${size}` }),
    ETag: tag,
    LastModified: new Date(modifiedAt),
    ...ENCRYPTED,
  }
}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content
}

/** As S3 says of everything that is in it, and as is so. */
const ENCRYPTED = { ServerSideEncryption: "AES256" } as const
const COPY_SOURCE = "Copy Source must mention the source bucket and key: sourcebucket/sourcekey"
const KEY_BYTES_MAX = 1024
const DELETED_MAX = 1000
