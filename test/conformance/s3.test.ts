import { hash } from "node:crypto"
import { expect, test } from "vitest"
import { catalog } from "../../src/services/catalog.ts"
import { buckets, objects } from "../../src/services/s3/tables.ts"
import { startWorld } from "../../src/services/testing.ts"
import { INSTALLATION } from "../../src/store/changes.ts"
import { s3Client } from "./s3-setting.ts"

async function start() {
  const region = await startWorld({ services: catalog })
  const s3 = s3Client(region, region)
  await s3.createBucket({ Bucket: "shop" })
  return { region, s3, put: (Key: string, Body = "A=1\n") => s3.putObject({ Bucket: "shop", Key, Body }) }
}

const allowing = (Action: string, Resource: string, Principal: object | string) =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal, Action, Resource }] })

const allowingOwn = (Action: readonly string[], Resource: string, Condition?: object) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action, Resource, ...(Condition && { Condition }) }],
  })

test("an object comes back as it was put, whole or in part, and after a restart", async () => {
  const { region, s3 } = await start()
  const object = { Bucket: "shop", Key: "folder/ä b+c.env" }
  const { ETag } = await s3.putObject({
    ...object,
    Body: "LEVEL=debug\n",
    ContentType: "text/plain",
    Metadata: { of: "x" },
  })

  const got = await s3.getObject(object)
  expect(await got.Body!.transformToString()).toBe("LEVEL=debug\n")
  expect(got).toMatchObject({ ETag, ContentLength: 12, ContentType: "text/plain", Metadata: { of: "x" } })
  const part = await s3.getObject({ ...object, Range: "bytes=6-10" })
  expect(await part.Body!.transformToString()).toBe("debug")
  expect(part.ContentRange).toBe("bytes 6-10/12")
  expect(await s3.headObject(object)).toMatchObject({ ETag, ContentLength: 12 })

  const again = await region.restart()
  const later = await s3Client(again, again).getObject(object)
  expect(await later.Body!.transformToString()).toBe("LEVEL=debug\n")
})

test("the journal does not tell what is in an object", async () => {
  const { region, put } = await start()
  await put("a.env", "PASSWORD=very-secret\n")

  const records = JSON.stringify([...region.store.everyRecord(objects)])
  expect(records).not.toContain("very-secret")
  expect(records).not.toContain(Buffer.from("PASSWORD=very-secret\n").toString("base64"))
  // Of a short content its digest would tell whoever guesses it.
  const digest = hash("md5", "PASSWORD=very-secret\n", "buffer")
  for (const form of ["hex", "base64"] as const) expect(records).not.toContain(digest.toString(form))
})

test("listings go on where they ended, and fold what lies behind a delimiter", async () => {
  const { s3, put } = await start()
  for (const key of ["a", "b/1", "b/2", "c/1", "d"]) await put(key)

  const names: string[] = []
  let token: string | undefined
  do {
    const page = await s3.listObjectsV2({
      Bucket: "shop",
      Delimiter: "/",
      MaxKeys: 2,
      ...(token !== undefined && { ContinuationToken: token }),
    })
    const { Contents = [], CommonPrefixes = [] } = page
    names.push(...[...Contents.map(({ Key }) => Key!), ...CommonPrefixes.map(({ Prefix }) => Prefix!)].sort())
    token = page.NextContinuationToken
  } while (token !== undefined)
  expect(names).toEqual(["a", "b/", "c/", "d"])

  const below = await s3.listObjectsV2({ Bucket: "shop", Prefix: "b/" })
  expect(below.Contents!.map(({ Key, Size }) => [Key, Size])).toEqual([
    ["b/1", 4],
    ["b/2", 4],
  ])
  expect(await s3.listObjectsV2({ Bucket: "shop", MaxKeys: 0 })).toMatchObject({ KeyCount: 0, IsTruncated: false })
})

test("a bucket with something in it stays, an emptied one goes, and its name is free again", async () => {
  const { s3, put } = await start()
  await put("a")
  await put("b")

  await expect(s3.deleteBucket({ Bucket: "shop" })).rejects.toMatchObject({ name: "BucketNotEmpty" })
  await s3.deleteObjects({ Bucket: "shop", Delete: { Objects: [{ Key: "a" }, { Key: "b" }, { Key: "none" }] } })
  await s3.deleteBucket({ Bucket: "shop" })
  await expect(s3.getObject({ Bucket: "shop", Key: "a" })).rejects.toMatchObject({ name: "NoSuchBucket" })
  await s3.createBucket({ Bucket: "shop" })
})

test("another account sees nothing of a bucket but what its policy opens", async () => {
  const { region, s3, put } = await start()
  await put("open/a")
  await put("closed")
  const other = s3Client(region, region.as({ account: "another" }))

  await expect(other.createBucket({ Bucket: "shop" })).rejects.toMatchObject({ name: "BucketAlreadyExists" })
  await expect(other.getObject({ Bucket: "shop", Key: "open/a" })).rejects.toMatchObject({ name: "AccessDenied" })
  await s3.putBucketPolicy({ Bucket: "shop", Policy: allowing("s3:GetObject", "arn:aws:s3:::shop/open/*", "*") })
  expect((await other.getObject({ Bucket: "shop", Key: "open/a" })).ContentLength).toBe(4)
  await expect(other.getObject({ Bucket: "shop", Key: "closed" })).rejects.toMatchObject({ name: "AccessDenied" })
  expect((await other.listBuckets({})).Buckets ?? []).toEqual([])
})

test("a user may what its policy says, by the names that S3 has for it", async () => {
  const { region, put } = await start()
  await put("a")
  const Statement = [{ Effect: "Allow", Action: ["s3:ListBucket", "s3:GetObject"], Resource: "arn:aws:s3:::shop*" }]
  const user = s3Client(region, region.as({ user: { Version: "2012-10-17", Statement } }))

  expect((await user.listObjectsV2({ Bucket: "shop" })).KeyCount).toBe(1)
  expect((await user.headObject({ Bucket: "shop", Key: "a" })).ContentLength).toBe(4)
  await expect(user.deleteObject({ Bucket: "shop", Key: "a" })).rejects.toThrow(
    /s3:DeleteObject on resource: arn:aws:s3:::shop\/a/,
  )
})

test("what is too large is refused, and leaves nothing", async () => {
  const { s3, put } = await start()

  await expect(put("large", "x".repeat(2 ** 20 + 1))).rejects.toMatchObject({ name: "EntityTooLarge" })
  expect((await s3.listObjectsV2({ Bucket: "shop" })).KeyCount).toBe(0)
  for (let n = 0; n < 64; n++) await put(`whole ${n}`, "x".repeat(2 ** 20))
  await expect(put("one more", "x")).rejects.toMatchObject({ name: "EntityTooLarge" })
  await s3.deleteObject({ Bucket: "shop", Key: "whole 0" })
  await put("one more", "x")
})

test("a copy needs both rights, and takes what is said of the original with it", async () => {
  const { s3 } = await start()
  await s3.putObject({ Bucket: "shop", Key: "a b", Body: "A=1\n", ContentType: "text/plain" })

  await s3.copyObject({ Bucket: "shop", Key: "c", CopySource: "shop/a%20b" })
  expect(await s3.headObject({ Bucket: "shop", Key: "c" })).toMatchObject({
    ContentType: "text/plain",
    ContentLength: 4,
  })
})

test("clients that do not name the operation beside the address are understood as well", async () => {
  const { region, s3, put } = await start()
  await put("a", "A=1\n")
  const bare = s3Client(region, region)
  bare.middlewareStack.add(
    (next) => (args) => {
      delete (args.request as { query: Record<string, string> }).query["x-id"]
      return next(args)
    },
    { step: "build", priority: "low" },
  )

  expect(await (await bare.getObject({ Bucket: "shop", Key: "a" })).Body!.transformToString()).toBe("A=1\n")
  await bare.putObject({ Bucket: "shop", Key: "b", Body: "B=1\n" })
  await bare.copyObject({ Bucket: "shop", Key: "c", CopySource: "shop/b" })
  await bare.deleteObject({ Bucket: "shop", Key: "b" })
  expect((await s3.listObjectsV2({ Bucket: "shop" })).Contents!.map(({ Key }) => Key)).toEqual(["a", "c"])
  expect((await bare.listBuckets({})).Buckets!.map(({ Name }) => Name)).toEqual(["shop"])
  const part = { Bucket: "shop", Key: "d", PartNumber: 1, UploadId: "u", Body: "x" }
  await expect(bare.uploadPart(part)).rejects.toMatchObject({ name: "NotImplemented" })
})

test("who may not list a bucket cannot tell whether an object is in it", async () => {
  const { region, s3 } = await start()
  const reading = (...actions: string[]) =>
    s3Client(region, region.as({ user: JSON.parse(allowingOwn(actions, "arn:aws:s3:::shop*")) }))
  const missing = { Bucket: "shop", Key: "none" }

  await expect(reading("s3:GetObject").getObject(missing)).rejects.toMatchObject({ name: "AccessDenied" })
  await expect(reading("s3:GetObject", "s3:ListBucket").getObject(missing)).rejects.toMatchObject({ name: "NoSuchKey" })
  const Policy = allowing("s3:GetObject", "arn:aws:s3:::shop/*", "*")
  await s3.putBucketPolicy({ Bucket: "shop", Policy })
  const other = s3Client(region, region.as({ account: "another" }))
  await expect(other.getObject(missing)).rejects.toMatchObject({ name: "AccessDenied" })
  const copy = { Bucket: "mine", Key: "x", CopySource: "shop/none" }
  await other.createBucket({ Bucket: "mine" })
  await expect(other.copyObject(copy)).rejects.toMatchObject({ name: "AccessDenied" })
})

test("a user may be given one folder of a bucket to list", async () => {
  const { region, put } = await start()
  await put("home/ann/a")
  await put("home/bob/b")
  const Condition = { StringLike: { "s3:prefix": "home/ann/*" } }
  const user = JSON.parse(allowingOwn(["s3:ListBucket"], "arn:aws:s3:::shop", Condition))
  const ann = s3Client(region, region.as({ user }))

  expect((await ann.listObjectsV2({ Bucket: "shop", Prefix: "home/ann/" })).KeyCount).toBe(1)
  for (const Prefix of ["home/", undefined]) {
    await expect(ann.listObjectsV2({ Bucket: "shop", Prefix })).rejects.toMatchObject({ name: "AccessDenied" })
  }
})

test("a bucket that is not whose its caller believes takes and gives nothing", async () => {
  const { region, s3, put } = await start()
  await put("a")
  const object = { Bucket: "shop", Key: "a" }
  const denied = { name: "AccessDenied" }

  await s3.getObject({ ...object, ExpectedBucketOwner: region.account })
  const ExpectedBucketOwner = "999999999999"
  await expect(s3.getObject({ ...object, ExpectedBucketOwner })).rejects.toMatchObject(denied)
  await expect(s3.putObject({ ...object, Body: "B=1", ExpectedBucketOwner })).rejects.toMatchObject(denied)
  await expect(s3.listObjectsV2({ Bucket: "shop", ExpectedBucketOwner })).rejects.toMatchObject(denied)
  await expect(
    s3.copyObject({ ...object, Key: "b", CopySource: "shop/a", ExpectedSourceBucketOwner: ExpectedBucketOwner }),
  ).rejects.toMatchObject(denied)
})

test("of two that want to be first one is, and nobody overwrites what it has not seen", async () => {
  const { s3 } = await start()
  const object = { Bucket: "shop", Key: "lock", Body: "1" }
  const { ETag } = await s3.putObject({ ...object, IfNoneMatch: "*" })
  const failed = { name: "PreconditionFailed" }
  await expect(s3.putObject({ ...object, Body: "2", IfNoneMatch: "*" })).rejects.toMatchObject(failed)
  await s3.putObject({ ...object, Body: "2", IfMatch: ETag })
  await expect(s3.putObject({ ...object, Body: "3", IfMatch: ETag })).rejects.toMatchObject(failed)
  await expect(s3.deleteObject({ Bucket: "shop", Key: "lock", IfMatch: ETag })).rejects.toMatchObject(failed)
})

test("what arrives otherwise than it was sent is refused", async () => {
  const { s3 } = await start()
  const put = (sums: object) => s3.putObject({ Bucket: "shop", Key: "a", Body: "A=1\n", ...sums })
  const other = hash("sha256", "A=2\n", "base64")
  for (const sums of [{ ContentMD5: hash("md5", "A=2\n", "base64") }, { ChecksumSHA256: other }]) {
    await expect(put(sums)).rejects.toMatchObject({ name: "BadDigest" })
  }
  await put({ ContentMD5: hash("md5", "A=1\n", "base64") })
  await put({ ChecksumSHA256: hash("sha256", "A=1\n", "base64") })
})

test("what is said of an object is told with it, and what cannot be kept is refused by name", async () => {
  const { s3 } = await start()
  const said = {
    ContentType: "text/plain",
    ContentEncoding: "gzip",
    ContentLanguage: "de",
    ContentDisposition: "inline",
    CacheControl: "no-store",
    Metadata: { of: "x" },
  }
  const object = { Bucket: "shop", Key: "a" }
  await s3.putObject({ ...object, Body: "A=1\n", ...said, ServerSideEncryption: "AES256", ACL: "private" })
  expect(await s3.headObject(object)).toMatchObject({ ...said, ServerSideEncryption: "AES256" })
  const shown = await s3.getObject({ ...object, ResponseContentType: "text/html" })
  expect(shown).toMatchObject({ ...said, ContentType: "text/html" })
  expect((await s3.getObjectTagging(object)).TagSet).toEqual([])

  const refused = { name: "NotImplemented" }
  const unkept = [
    { Tagging: "a=b" },
    { ACL: "public-read" },
    { ServerSideEncryption: "aws:kms" },
    { StorageClass: "GLACIER" },
  ] as const
  for (const more of unkept) {
    await expect(s3.putObject({ ...object, Body: "x", ...more })).rejects.toMatchObject(refused)
  }
  await expect(s3.getObject({ ...object, VersionId: "3" })).rejects.toMatchObject(refused)
  await expect(s3.putObject({ ...object, Body: "x", Metadata: { of: "x".repeat(2048) } })).rejects.toMatchObject({
    name: "MetadataTooLarge",
  })
})

test("a copy whose source is no address, and one onto itself, are refused", async () => {
  const { s3, put } = await start()
  await put("a")
  const copy = (CopySource: string, more: object = {}) =>
    s3.copyObject({ Bucket: "shop", Key: "a", CopySource, ...more })
  for (const source of ["%", "shop", "%E0%A4%A"]) {
    await expect(copy(source)).rejects.toMatchObject({ name: "InvalidArgument" })
  }
  await expect(copy("shop/a")).rejects.toMatchObject({ name: "InvalidRequest" })
  await copy("shop/a", { MetadataDirective: "REPLACE", Metadata: { of: "y" } })
  expect(await s3.headObject({ Bucket: "shop", Key: "a" })).toMatchObject({ Metadata: { of: "y" } })
})

test("an account has room for so much and no more, however many buckets it spreads that over", async () => {
  const { region, s3, put } = await start()
  const full = { name: "EntityTooLarge" }
  region.store.transact(INSTALLATION, ({ anywhere: { installation } }) => {
    const { name: _, ...bucket } = installation.get(buckets, "shop")!
    const filled = { ...bucket, bytes: 64 * 2 ** 20 }
    for (const name of ["one", "two", "three"]) installation.put(buckets, { ...filled, name })
    installation.put(buckets, { ...filled, name: "shop", bytes: filled.bytes - 1 })
  })
  await put("a", "x")
  await s3.createBucket({ Bucket: "five" })
  await expect(s3.putObject({ Bucket: "five", Key: "a", Body: "x" })).rejects.toMatchObject(full)
})
