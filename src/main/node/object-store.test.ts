import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { objectStore } from "./object-store.ts"

const KEY = "[default]\naws_access_key_id = minio\naws_secret_access_key = very-secret\n"

function aFile(text: string, mode = 0o600): string {
  const folder = mkdtempSync(join(tmpdir(), "homeport-object-store-"))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, "credentials")
  writeFileSync(file, text, { mode })
  return file
}

test("without a word the region's own buckets are asked, with a word another store and its key", () => {
  expect(objectStore({})).toBeUndefined()
  expect(objectStore({ endpoint: "https://minio.example:9000/", credentialsFile: aFile(KEY) })).toEqual({
    endpoint: "https://minio.example:9000",
    key: { accessKeyId: "minio", secretAccessKey: "very-secret" },
  })
})

test.each([
  ["an endpoint that is none", "minio", KEY, 0o600, 'takes a URL such as https://minio.example:9000, not "minio"'],
  ["no endpoint", undefined, KEY, 0o600, "--s3-endpoint takes a URL"],
  ["a key that others can read", "http://s3", KEY, 0o644, "can be read by others"],
  ["a file without a key", "http://s3", "very-secret", 0o600, "has to name aws_access_key_id"],
])("%s is refused, and the key is not repeated", (_, endpoint, text, mode, sentence) => {
  const refused = () => objectStore({ endpoint, credentialsFile: aFile(text, mode) })

  expect(refused).toThrow(sentence)
  expect(refused).not.toThrow("very-secret")
})

test("an endpoint needs a key, and a key that is there", () => {
  expect(() => objectStore({ endpoint: "http://s3" })).toThrow("--s3-credentials")
  expect(() => objectStore({ endpoint: "http://s3", credentialsFile: "/nowhere" })).toThrow("(ENOENT)")
})
