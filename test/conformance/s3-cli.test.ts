import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type ServerProcess, startServer } from "../e2e/process.ts"
import { aws, type Caller } from "./aws-cli.ts"

// The AWS CLI against a real process, with buckets and files. Starting takes the CLI most of a second, so calls are few.

let folder: string
let server: ServerProcess
let caller: Caller

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "homeport-s3-cli-"))
  server = startServer(join(folder, "data"))
  const endpoint = await server.ready
  const { accessKeyId, secretAccessKey } = await server.credentials()
  caller = { endpoint, accessKeyId, secretAccessKey, home: folder }
}, 60_000)

afterAll(async () => {
  await server.kill()
  rmSync(folder, { recursive: true })
})

/** What a command that works prints. */
async function printed(words: string, ...more: readonly string[]): Promise<string> {
  const { code, printed, complaint } = await aws(caller, words, ...more)
  expect({ code, complaint }).toEqual({ code: 0, complaint: "" })
  return printed
}

test("the CLI's own commands for files make a bucket, fill it, show it, empty it and take it away", {
  timeout: 120_000,
}, async () => {
  const [file, back] = [join(folder, "task file.env"), join(folder, "back.env")]
  writeFileSync(file, "LEVEL=debug\n")

  expect(await printed("s3 mb s3://shop")).toContain("make_bucket: shop")
  expect(await printed("s3 ls")).toMatch(/ shop\n$/)
  await printed("s3 cp", file, "s3://shop/folder/a+b ä.env")
  await printed("s3 cp", file, "s3://shop")
  expect(await printed("s3 ls s3://shop")).toMatch(/^ +PRE folder\/\n\S+ \S+ +12 task file\.env\n$/)
  expect(await printed("s3 ls --recursive s3://shop/folder")).toMatch(/12 folder\/a\+b ä\.env\n$/)
  await printed("s3 cp", "s3://shop/folder/a+b ä.env", back)
  expect(readFileSync(back, "utf8")).toBe("LEVEL=debug\n")
  expect((await aws(caller, "s3 cp s3://shop/none", back)).complaint).toContain("(404)")
  await printed("s3 mv", "s3://shop/folder/a+b ä.env", "s3://shop/b.env")
  expect(await printed("s3 ls s3://shop")).not.toContain("PRE")
  await printed("s3 rm s3://shop/b.env")
  expect(await printed("s3 rb --force s3://shop")).toContain("remove_bucket: shop")
  expect(await printed("s3 ls")).toBe("")
})

test("the CLI's plain operations say everything about an object", { timeout: 120_000 }, async () => {
  const body = join(folder, "body.env")
  writeFileSync(body, "A=1\n")
  await printed("s3api create-bucket --bucket plain")
  const put = "s3api put-object --bucket plain --key a.env --content-type text/plain --cache-control no-store"
  const { ETag } = JSON.parse(await printed(`${put} --metadata of=x --body`, body))
  expect(JSON.parse(await printed("s3api head-object --bucket plain --key a.env"))).toMatchObject({
    ...{ ETag, ContentLength: 4, ContentType: "text/plain", CacheControl: "no-store" },
    ...{ Metadata: { of: "x" }, ServerSideEncryption: "AES256" },
  })
  expect(JSON.parse(await printed("s3api get-object-tagging --bucket plain --key a.env"))).toEqual({ TagSet: [] })
  const large = join(folder, "large")
  writeFileSync(large, Buffer.alloc(10 * 2 ** 20))
  expect((await aws(caller, "s3 cp", large, "s3://plain/large")).complaint).toContain("CreateMultipartUpload")
})
