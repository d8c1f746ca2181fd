import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { imagesStore } from "./images-store.ts"

function aFile(mode = 0o600): string {
  const folder = mkdtempSync(join(tmpdir(), "homeport-images-store-"))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, "credentials")
  writeFileSync(file, "[default]\naws_access_key_id = minio\naws_secret_access_key = very-secret\n", { mode })
  return file
}

test("without a word images stay in the data directory, with a word they go to a bucket", () => {
  expect(imagesStore({})).toBeUndefined()
  const asked = { endpoint: "https://minio.example:9000/", bucket: "images", credentialsFile: aFile() }
  expect(imagesStore(asked)).toEqual({
    endpoint: "https://minio.example:9000",
    bucket: "images",
    region: "us-east-1",
    key: { accessKeyId: "minio", secretAccessKey: "very-secret" },
  })
  expect(imagesStore({ ...asked, region: "eu-west-1" })).toMatchObject({ region: "eu-west-1" })
})

test("what is missing is named, and a key that others can read is refused without being repeated", () => {
  const whole = { endpoint: "http://s3", bucket: "images", credentialsFile: aFile() }
  expect(() => imagesStore({ ...whole, endpoint: undefined })).toThrow("--images-s3 takes a URL")
  expect(() => imagesStore({ ...whole, endpoint: "minio" })).toThrow('not "minio"')
  expect(() => imagesStore({ ...whole, bucket: undefined })).toThrow("--images-s3-bucket")
  expect(() => imagesStore({ ...whole, bucket: "a/b" })).toThrow("--images-s3-bucket")
  expect(() => imagesStore({ ...whole, credentialsFile: undefined })).toThrow("--images-s3-credentials")
  const refused = () => imagesStore({ ...whole, credentialsFile: aFile(0o644) })
  expect(refused).toThrow("can be read by others")
  expect(refused).not.toThrow("very-secret")
})
