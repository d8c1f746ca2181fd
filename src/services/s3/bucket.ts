import type * as sdk from "@aws-sdk/client-s3"
import type { Operations } from "../../aws/operations.ts"
import { pageOf } from "../../aws/page.ts"
import { compareStrings } from "../../base/ordering.ts"
import { policyProblem } from "../iam/index.ts"
import { malformedPolicy, notHere, s3Fault, wrongToken } from "./fault.ts"
import { bucketArn, permittedBucket } from "./find.ts"
import { type Bucket, buckets } from "./tables.ts"

export const bucketOperations = {
  CreateBucket(
    call,
    { Bucket: name = "", CreateBucketConfiguration: configuration, ObjectLockEnabledForBucket: lock },
  ) {
    call.authorize(bucketArn(call, name), { "s3:LocationConstraint": configuration?.LocationConstraint })
    if (!NAME.test(name) || /\.\.|^\d+\.\d+\.\d+\.\d+$/.test(name)) throw s3Fault("InvalidBucketName")
    const { installation } = call.tx.anywhere
    const region = configuration?.LocationConstraint ?? "us-east-1"
    if (region !== call.region) throw s3Fault("IllegalLocationConstraintException")
    if (lock) throw notHere("object lock")

    const existing = installation.get(buckets, name)
    if (existing !== undefined && existing.account !== call.account) throw s3Fault("BucketAlreadyExists")
    // Where S3 began, it takes the same wish again for granted.
    if (existing !== undefined && region !== "us-east-1") throw s3Fault("BucketAlreadyOwnedByYou")
    if (existing === undefined) {
      if (installation.count(buckets, "account", call.account) >= BUCKETS_MAX) throw s3Fault("TooManyBuckets")
      const { account, now: createdAt } = call
      installation.put(buckets, { name, account, region, createdAt, policy: undefined, objects: 0, bytes: 0 })
    }
    return { Location: `/${name}`, BucketArn: bucketArn(call, name) }
  },

  HeadBucket(call, input) {
    const { name, region } = permittedBucket(call, input)
    return { BucketRegion: region, BucketArn: bucketArn(call, name) }
  },

  GetBucketLocation(call, input) {
    const { region } = permittedBucket(call, input)
    // The oldest region has no name here.
    return region === "us-east-1" ? {} : { LocationConstraint: region as sdk.BucketLocationConstraint }
  },

  ListBuckets(call, { Prefix = "", BucketRegion, MaxBuckets = LISTED_MAX, ContinuationToken: token }) {
    call.authorize("*")
    if (!(MaxBuckets >= 1 && MaxBuckets <= LISTED_MAX)) {
      throw s3Fault("InvalidArgument", `MaxBuckets must be between 1 and ${LISTED_MAX}.`)
    }
    const all = call.tx.anywhere.installation
      .where(buckets, "account", call.account)
      .filter(({ name, region }) => name.startsWith(Prefix) && (BucketRegion ?? region) === region)
      .sort((a, b) => compareStrings(a.name, b.name))
    const { page, nextToken } = pageOf(call, {
      token,
      limit: MaxBuckets,
      filters: { Prefix, BucketRegion },
      list: ({ after = "", limit }) => all.filter(({ name }) => name > after).slice(0, limit),
      position: ({ name }) => name,
      invalidToken: wrongToken,
    })
    return {
      Buckets: page.map(described),
      Owner: { ID: call.account },
      ...(Prefix !== "" && { Prefix }),
      ...(nextToken !== undefined && { ContinuationToken: nextToken }),
    }
  },

  DeleteBucket(call, input) {
    const bucket = permittedBucket(call, input)
    if (bucket.objects > 0) throw s3Fault("BucketNotEmpty")
    call.tx.anywhere.installation.delete(buckets, bucket.name)
    return {}
  },

  PutBucketPolicy(call, { Policy: policy = "", ...input }) {
    const bucket = permittedBucket(call, input)
    if (Buffer.byteLength(policy) > POLICY_BYTES_MAX) {
      throw malformedPolicy(`Policies must not be larger than ${POLICY_BYTES_MAX} bytes`)
    }
    const problem = policyProblem(policy, "resource")
    if (problem !== undefined) throw malformedPolicy(problem)
    call.tx.anywhere.installation.put(buckets, { ...bucket, policy })
    return {}
  },

  GetBucketPolicy(call, input) {
    const { policy } = permittedBucket(call, input)
    if (policy === undefined) throw s3Fault("NoSuchBucketPolicy")
    return { Policy: policy }
  },

  DeleteBucketPolicy(call, input) {
    const bucket = permittedBucket(call, input)
    call.tx.anywhere.installation.put(buckets, { ...bucket, policy: undefined })
    return {}
  },
} satisfies Operations<typeof sdk>

function described({ name, region, createdAt }: Bucket) {
  return { Name: name, BucketRegion: region, CreationDate: new Date(createdAt) }
}

const NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/
const BUCKETS_MAX = 100
const POLICY_BYTES_MAX = 20 * 1024
const LISTED_MAX = 10_000
