import { hash } from "node:crypto"
import type * as sdk from "@aws-sdk/client-s3"
import { type Call, flow, type Operations } from "../../aws/operations.ts"
import { s3Fault } from "./fault.ts"
import { findObject, permittedBucket } from "./find.ts"
import { type Range, rangeIn } from "./range.ts"
import { open, seal } from "./sealing.ts"
import { type Bucket, buckets, objectKey, objects, type StoredObject } from "./tables.ts"

export const objectOperations = {
  PutObject: flow(async (call, input) => {
    const { Bucket: name = "", Key: key = "", Body: body, ContentType, Metadata = {} } = input
    await call.transact((inner) => void permittedBucket(inner, name, key))
    if (Buffer.byteLength(key) > KEY_BYTES_MAX) throw s3Fault("KeyTooLongError")
    const content = await whole(body)
    const put = (inner: Call) => {
      // The bucket may have gone, or the right to it, while the content came.
      const bucket = permittedBucket(inner, name, key)
      return putObject(inner, bucket, key, content, { contentType: ContentType, metadata: Metadata })
    }
    const { digest } = await call.transact(put)
    return { ETag: `"${digest}"`, Size: content.length }
  }),

  GetObject: flow(async (call, { Bucket: name = "", Key: key = "", Range: range, IfMatch, IfNoneMatch }) => {
    const { object, content } = await call.transact((inner) => {
      permittedBucket(inner, name, key)
      const object = findObject(inner, name, key)
      return { object, content: open(inner.keys, object) }
    })
    checkConditions(object, IfMatch, IfNoneMatch)
    const part = range === undefined ? undefined : rangeIn(range, content.length)
    return { ...described(object, part), Body: once(part ? content.subarray(part.from, part.to + 1) : content) }
  }),

  HeadObject(call, { Bucket: name = "", Key: key = "", Range: range, IfMatch, IfNoneMatch }) {
    permittedBucket(call, name, key)
    const object = findObject(call, name, key)
    checkConditions(object, IfMatch, IfNoneMatch)
    return described(object, range === undefined ? undefined : rangeIn(range, object.size))
  },

  CopyObject(call, { Bucket: name = "", Key: key = "", CopySource: source = "", MetadataDirective, ...input }) {
    const bucket = permittedBucket(call, name, key)
    const [, from = "", fromKey = ""] = /^\/?([^/]+)\/(.+?)(?:\?versionId=.*)?$/.exec(decodeURIComponent(source)) ?? []
    const owner = call.tx.anywhere.installation.get(buckets, from)
    if (owner === undefined) throw s3Fault("NoSuchBucket")
    const policy = { document: owner.policy, owner: owner.account }
    call.authorizeAlso("s3:GetObject", `arn:${call.partition}:s3:::${from}/${fromKey}`, {}, policy)
    const { contentType, metadata, ...object } = findObject(call, from, fromKey)
    const said =
      MetadataDirective === "REPLACE"
        ? { contentType: input.ContentType, metadata: input.Metadata ?? {} }
        : { contentType, metadata }
    const { digest, modifiedAt } = putObject(call, bucket, key, open(call.keys, object), said)
    return { CopyObjectResult: { ETag: `"${digest}"`, LastModified: new Date(modifiedAt) } }
  },

  DeleteObject(call, { Bucket: name = "", Key: key = "" }) {
    deleteObject(call, permittedBucket(call, name, key), key)
    return {}
  },

  DeleteObjects(call, { Bucket: name = "", Delete: { Objects: named = [], Quiet = false } = { Objects: [] } }) {
    if (named.length === 0 || named.length > DELETED_MAX) throw s3Fault("MalformedXML")
    const keys = named.map(({ Key = "" }) => Key)
    // Each by itself may be refused on AWS; here the whole request is, and nothing is gone that was not meant.
    const [first, ...others] = keys.map((key) => () => permittedBucket(call, name, key))
    let bucket = first!()
    for (const ask of others) ask()
    for (const key of keys) bucket = deleteObject(call, bucket, key)
    return Quiet ? {} : { Deleted: keys.map((Key) => ({ Key })) }
  },
} satisfies Operations<typeof sdk>

function putObject(
  call: Call,
  bucket: Bucket,
  key: string,
  content: Uint8Array,
  said: Pick<StoredObject, "contentType" | "metadata">,
): StoredObject {
  const { installation } = call.tx.anywhere
  const before = installation.get(objects, objectKey(bucket.name, key))
  const bytes = bucket.bytes - (before?.size ?? 0) + content.length
  if (bytes > BUCKET_BYTES_MAX) {
    throw s3Fault("EntityTooLarge", `A bucket of Homeport's own holds ${BUCKET_BYTES_MAX / 2 ** 20} MiB at most.`)
  }
  const place = { bucket: bucket.name, key }
  const object: StoredObject = {
    ...place,
    ...said,
    sealed: seal(call.keys, call.random, place, content),
    size: content.length,
    digest: hash("md5", content),
    modifiedAt: call.now,
  }
  installation.put(objects, object)
  installation.put(buckets, { ...bucket, bytes, objects: bucket.objects + (before === undefined ? 1 : 0) })
  return object
}

function deleteObject(call: Call, bucket: Bucket, key: string): Bucket {
  const { installation } = call.tx.anywhere
  const before = installation.get(objects, objectKey(bucket.name, key))
  if (before === undefined) return bucket
  const left = { ...bucket, bytes: bucket.bytes - before.size, objects: bucket.objects - 1 }
  installation.delete(objects, objectKey(bucket.name, key))
  installation.put(buckets, left)
  return left
}

function described({ size, digest, contentType, metadata, modifiedAt }: StoredObject, part: Range | undefined) {
  return {
    AcceptRanges: "bytes",
    ContentLength: part === undefined ? size : part.to - part.from + 1,
    ...(part !== undefined && { ContentRange: `bytes ${part.from}-${part.to}/${size}` }),
    ContentType: contentType ?? "binary/octet-stream",
    ETag: `"${digest}"`,
    LastModified: new Date(modifiedAt),
    Metadata: metadata,
  }
}

function checkConditions({ digest }: StoredObject, ifMatch: string | undefined, ifNoneMatch: string | undefined): void {
  const tag = `"${digest}"`
  if (ifMatch !== undefined && ifMatch !== "*" && ifMatch !== tag) throw s3Fault("PreconditionFailed")
  if (ifNoneMatch === "*" || ifNoneMatch === tag) throw s3Fault("NotModified")
}

async function whole(body: AsyncIterable<Uint8Array> | undefined): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of body ?? []) {
    length += part.length
    if (length > OBJECT_BYTES_MAX) {
      throw s3Fault("EntityTooLarge", `An object of Homeport's own holds ${OBJECT_BYTES_MAX / 2 ** 20} MiB at most.`)
    }
    parts.push(part)
  }
  return Buffer.concat(parts)
}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content
}

const KEY_BYTES_MAX = 1024
const OBJECT_BYTES_MAX = 2 ** 20
const BUCKET_BYTES_MAX = 64 * 2 ** 20
const DELETED_MAX = 1000
