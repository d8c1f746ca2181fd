import type { Call } from "../../aws/operations.ts"
import { s3Fault } from "./fault.ts"
import { type Bucket, buckets, objectKey, objects, type StoredObject } from "./tables.ts"

export function bucketArn({ partition }: Pick<Call, "partition">, name: string): string {
  return `arn:${partition}:s3:::${name}`
}

/**
 * The bucket that an operation acts on, once it is known that the caller may: itself, or one of its objects. A bucket
 * that is not there is nobody's, and everybody may know it.
 */
export function permittedBucket(call: Call, name: string, key?: string): Bucket {
  const bucket = call.tx.anywhere.installation.get(buckets, name)
  const arn = bucketArn(call, name)
  call.authorize(
    key === undefined ? arn : `${arn}/${key}`,
    {},
    {
      document: bucket?.policy,
      owner: bucket?.account ?? call.account,
    },
  )
  if (bucket === undefined) throw s3Fault("NoSuchBucket")
  return bucket
}

export function findObject(call: Call, bucket: string, key: string): StoredObject {
  const found = call.tx.anywhere.installation.get(objects, objectKey(bucket, key))
  if (found === undefined) throw s3Fault("NoSuchKey")
  return found
}
