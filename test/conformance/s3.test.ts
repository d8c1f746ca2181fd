import { expect, test } from "vitest"
import { catalog } from "../../src/services/catalog.ts"
import { startWorld } from "../../src/services/testing.ts"
import { s3Client } from "./s3-setting.ts"

async function start() {
  const region = await startWorld({ services: catalog })
  const s3 = s3Client(region, region)
  await s3.createBucket({ Bucket: "shop" })
  return { region, s3, put: (Key: string, Body = "A=1\n") => s3.putObject({ Bucket: "shop", Key, Body }) }
}

const allowing = (Action: string, Resource: string, Principal: object | string) =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal, Action, Resource }] })

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

  const records = JSON.stringify([
    ...region.store.everyRecord((await import("../../src/services/s3/tables.ts")).objects),
  ])
  expect(records).not.toContain("very-secret")
  expect(records).not.toContain(Buffer.from("PASSWORD=very-secret\n").toString("base64"))
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
