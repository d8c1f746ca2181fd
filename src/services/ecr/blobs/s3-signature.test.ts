import { createHash, createHmac, type Hash, type Hmac, hash } from "node:crypto"
import { SignatureV4 } from "@smithy/signature-v4"
import { expect, test } from "vitest"
import { signedHeaders } from "./s3-signature.ts"

const KEY = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "very-secret" }
const AT = Date.UTC(2026, 0, 2, 3, 4, 5)

test.each([
  ["GET", "/images/blobs/sha256/00", {}, { range: "bytes=0-9" }, ""],
  ["PUT", "/images/uploads/a b/0%", {}, { "x-amz-copy-source": "/images/uploads/x" }, "bytes"],
  ["GET", "/images", { "list-type": "2", prefix: "uploads/a b/", "continuation-token": "a+b=/ü" }, {}, ""],
  ["POST", "/images/a", { uploads: "" }, {}, ""],
] as const)("%s %s is signed as the official signer signs it", async (method, name, query, headers, body) => {
  const path = name.split("/").map(encodeURIComponent).join("/")
  const contentHash = hash("sha256", body)
  const all = { ...headers, host: "s3:9000" }
  const search = Object.entries(query).map(([key, value]) => `${key}=${encodeURIComponent(value)}`)
  const ours = signedHeaders(
    { method, path, query: search.join("&"), headers: all, contentHash },
    { key: KEY, region: "eu-west-1", at: AT },
  )
  const official = new SignatureV4({
    service: "s3",
    region: "eu-west-1",
    credentials: KEY,
    sha256: Sha256,
    uriEscapePath: false,
  })
  const request = { protocol: "http:", hostname: "s3", method, path, query, headers: all, body }
  const theirs = await official.sign(request, { signingDate: new Date(AT), signableHeaders: new Set(["range"]) })
  expect(ours).toEqual(theirs.headers)
})

/** What the official signer takes its hashes from. */
class Sha256 {
  readonly #hash: Hash | Hmac

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret as Buffer)
  }

  update(data: Uint8Array): void {
    this.#hash.update(data)
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }
}
