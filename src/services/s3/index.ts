/**
 * Amazon S3, as far as tasks need it to start: small buckets for files of environment variables and the like.
 *
 * Covers: buckets with their policies; objects of up to a mebibyte with content type, metadata and what else their headers
 * say, put, got (also in part, or under conditions), copied, listed with prefix and delimiter, deleted one by one or many
 * at once. What is in them is sealed in the journal under a key that follows from the master key.
 *
 * Leaves out, and says so when asked: everything else of S3, multipart uploads, versions, ACLs, tags, lifecycle,
 * replication and notifications among it. A bucket holds 64 MiB in 10,000 objects, all of an account's 256 MiB.
 *
 * Unlike AWS on purpose: buckets are named in the path (`forcePathStyle`). Of DeleteObjects a request that names one
 * object too many is refused whole. Of checksums MD5, CRC32, SHA-1 and SHA-256 are compared with what came; others are
 * overlooked, and none is kept.
 */
import { service } from "../../aws/service.ts"
import { bucketOperations } from "./bucket.ts"
import { listingOperations } from "./listing.ts"
import { objectOperations } from "./object.ts"
import { buckets, objects } from "./tables.ts"

export const s3 = service({
  name: "s3",
  protocols: ["restXml"],
  sdk: () => import("@aws-sdk/client-s3"),
  operations: { ...bucketOperations, ...objectOperations, ...listingOperations },
  actions: {
    ListBuckets: "ListAllMyBuckets",
    HeadBucket: "ListBucket",
    ListObjects: "ListBucket",
    ListObjectsV2: "ListBucket",
    HeadObject: "GetObject",
    CopyObject: "PutObject",
    DeleteObjects: "DeleteObject",
  },
  tables: [buckets, objects],
})
