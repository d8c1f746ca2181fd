import { S3 } from "@aws-sdk/client-s3"
import { sdkHandler } from "../../src/aws/testing.ts"
import type { TestWorld } from "../../src/services/testing.ts"
import type { Setting } from "./setting.ts"

/** A client of the region; buckets are named in the path. */
export function s3Client(
  { door, world }: TestWorld,
  { credentials }: Pick<TestWorld, "credentials">,
  region = "us-east-1",
): S3 {
  return new S3({
    region,
    credentials,
    maxAttempts: 1,
    forcePathStyle: true,
    requestHandler: sdkHandler(door, world) as never,
    systemClockOffset: world.now() - Date.now(),
  })
}

/** A bucket with a policy and two objects, and an empty one. */
export const s3Setting: Setting = {
  client: "s3",

  async prepare(region) {
    const s3 = s3Client(region, region)
    for (const Bucket of ["known", "spare"]) await s3.createBucket({ Bucket })
    const Policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::known/open/*" }],
    })
    await s3.putBucketPolicy({ Bucket: "known", Policy })
    for (const Key of ["a.env", "folder/b.env"]) await s3.putObject({ Bucket: "known", Key, Body: "A=1\n" })
    const object = { Bucket: "known", Key: "a.env" }
    return {
      names: { Bucket: "known", Key: "a.env", CopySource: "known/a.env" },
      inputs: {
        CreateBucket: { Bucket: "another" },
        DeleteBucket: { Bucket: "spare" },
        PutBucketPolicy: { Bucket: "known", Policy },
        PutObject: { ...object, Body: "A=2\n" },
        CopyObject: { Bucket: "known", Key: "copy", CopySource: "known/a.env" },
        DeleteObjects: { Bucket: "known", Delete: { Objects: [{ Key: "a.env" }] } },
      },
    }
  },

  refusals: {},
  faults: [
    "NoSuchBucketPolicy",
    "BucketAlreadyExists",
    "BucketNotEmpty",
    "TooManyBuckets",
    "InvalidBucketName",
    "IllegalLocationConstraintException",
    "KeyTooLongError",
    "EntityTooLarge",
    "MalformedXML",
    "MalformedPolicy",
    "InvalidRange",
    "InvalidArgument",
    "PreconditionFailed",
    "MetadataTooLarge",
    "BadDigest",
    "InvalidRequest",
    "NotImplemented",
  ],
}
