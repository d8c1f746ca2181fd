import type { Call } from "../../aws/operations.ts"
import { s3Fault } from "./fault.ts"
import { sealContent } from "./sealing.ts"
import { type Bucket, buckets, objectKey, objects, type Said, type StoredObject } from "./tables.ts"

/** Puts an object in the place of the one that is there; what a bucket and its owner may hold is bounded. */
export function putObject(call: Call, bucket: Bucket, key: string, content: Uint8Array, said: Said): StoredObject {
  const { installation } = call.tx.anywhere
  const before = installation.get(objects, objectKey(bucket.name, key))
  const grownBy = content.length - (before?.size ?? 0)
  const filled = {
    ...bucket,
    bytes: bucket.bytes + grownBy,
    objects: bucket.objects + (before === undefined ? 1 : 0),
  }
  checkRoom(call, filled, grownBy)
  const place = { bucket: bucket.name, key }
  const object = { ...place, ...sealContent(call.keys, call.random, place, content), said, modifiedAt: call.now }
  installation.put(objects, object)
  installation.put(buckets, filled)
  return object
}

export function deleteObject(call: Call, bucket: Bucket, key: string): Bucket {
  const { installation } = call.tx.anywhere
  const before = installation.get(objects, objectKey(bucket.name, key))
  if (before === undefined) return bucket
  const left = { ...bucket, bytes: bucket.bytes - before.size, objects: bucket.objects - 1 }
  installation.delete(objects, objectKey(bucket.name, key))
  installation.put(buckets, left)
  return left
}

/** Everything here lies in memory, which is everybody's. */
function checkRoom(call: Call, bucket: Bucket, grownBy: number): void {
  const owned = call.tx.anywhere.installation.where(buckets, "account", bucket.account)
  const bytes = owned.reduce((sum, other) => sum + other.bytes, grownBy)
  if (bucket.bytes > BUCKET_MIB_MAX * MIB) throw full("A bucket of Homeport's own holds", `${BUCKET_MIB_MAX} MiB`)
  if (bucket.objects > OBJECTS_MAX) throw full("A bucket of Homeport's own holds", `${OBJECTS_MAX} objects`)
  if (bytes > ACCOUNT_MIB_MAX * MIB) throw full("All buckets of an account hold", `${ACCOUNT_MIB_MAX} MiB together`)
}

function full(what: string, amount: string) {
  return s3Fault("EntityTooLarge", `${what} ${amount} at most. Delete what is no longer needed.`)
}

const MIB = 2 ** 20
const BUCKET_MIB_MAX = 64
const ACCOUNT_MIB_MAX = 256
const OBJECTS_MAX = 10_000
