import type { Conditions, ResourcePolicy } from "../../aws/authorizer.ts"
import { CommonFault } from "../../aws/common-fault.ts"
import type { Call } from "../../aws/operations.ts"
import { s3Fault } from "./fault.ts"
import { type Bucket, buckets, objectKey, objects, type StoredObject } from "./tables.ts"

export function bucketArn({ partition }: Pick<Call, "partition">, name: string): string {
  return `arn:${partition}:s3:::${name}`
}

/** A bucket, or an object in one, as every request names it. */
export interface Named {
  readonly Bucket?: string | undefined
  readonly Key?: string | undefined

  /** Whose the caller believes the bucket to be: a name that became free may be another's by now. */
  readonly ExpectedBucketOwner?: string | undefined
}

/**
 * The bucket that an operation acts on, once it is known that the caller may: itself, or one of its objects. A bucket
 * that is not there is nobody's, and everybody may know it.
 */
export function permittedBucket(call: Call, named: Named, conditions: Conditions = {}): Bucket {
  const { Bucket: name = "", Key: key } = named
  const bucket = call.tx.anywhere.installation.get(buckets, name)
  const arn = bucketArn(call, name)
  call.authorize(key === undefined ? arn : `${arn}/${key}`, conditions, policyOf(call, bucket))
  if (bucket === undefined) throw s3Fault("NoSuchBucket")
  checkOwner(bucket, named.ExpectedBucketOwner)
  return bucket
}

export function checkOwner({ account }: Bucket, expected: string | undefined): void {
  if (expected !== undefined && expected !== account) throw new CommonFault("denied", "Access Denied")
}

/** Only who may list a bucket learns that something is not in it. */
export function findObject(call: Call, bucket: Bucket, key: string): StoredObject {
  const found = call.tx.anywhere.installation.get(objects, objectKey(bucket.name, key))
  if (found !== undefined) return found
  call.authorizeAlso("s3:ListBucket", bucketArn(call, bucket.name), {}, policyOf(call, bucket))
  throw s3Fault("NoSuchKey")
}

export function policyOf({ account }: Pick<Call, "account">, bucket: Bucket | undefined): ResourcePolicy {
  return { document: bucket?.policy, owner: bucket?.account ?? account }
}
