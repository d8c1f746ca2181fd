/**
 * Amazon S3, as far as tasks need it to start: small buckets for files of environment variables and the like.
 *
 * Covers: buckets with their policies; objects of up to a mebibyte with content type and metadata, put, got (also in
 * part), copied, listed with prefix and delimiter, deleted one by one or many at once. What is in them is sealed in the
 * journal under a key that follows from the master key.
 *
 * Leaves out, and says so when asked: everything else of S3, multipart uploads, versions, ACLs, tags, lifecycle,
 * replication and notifications among it. Other headers of PutObject are not kept. A bucket holds 64 MiB.
 *
 * Unlike AWS on purpose: buckets are named in the path (`forcePathStyle`). Of DeleteObjects a request that names one
 * object too many is refused whole.
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
