import { createHash, createHmac, type Hash, type Hmac } from "node:crypto"
import { SignatureV4 } from "@smithy/signature-v4"
import fc from "fast-check"
import { expect, test } from "vitest"
import { encode, signatureHeaders } from "./signature.ts"

const AT = Date.UTC(2026, 0, 1)

test("a signature is what AWS's own signer makes of the same message", async () => {
  const word = fc.string({ unit: "grapheme", maxLength: 12 })
  const path = fc
    .array(fc.constantFrom("acs", "ws", "a%20b", "tcs"), { maxLength: 3 })
    .map((parts) => `/${parts.join("/")}`)
  const query = fc.dictionary(
    word.filter((name) => name !== ""),
    word,
    { maxKeys: 5, noNullPrototype: true },
  )
  const token = fc.option(fc.constantFrom("token", "a/long+token=="), { nil: undefined })
  await fc.assert(
    fc.asyncProperty(path, query, word, token, fc.boolean(), async (path, query, body, sessionToken, isPost) => {
      const key = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret", ...(sessionToken && { sessionToken }) }
      const method = isPost ? "POST" : "GET"
      const headers: Record<string, string> = isPost ? { "content-type": "application/x-amz-json-1.1" } : {}
      const ours = signatureHeaders(
        {
          method,
          host: "region:4566",
          path,
          query: Object.entries(query)
            .map(([name, value]) => `${encode(name)}=${encode(value)}`)
            .join("&"),
          headers,
          body,
        },
        { key, region: "us-east-1", service: "ecs", at: AT },
      )
      const official = new SignatureV4({
        service: "ecs",
        region: "us-east-1",
        credentials: key,
        sha256: Sha256,
        applyChecksum: false,
      })
      const theirs = await official.sign(
        {
          protocol: "http:",
          hostname: "region",
          method,
          path,
          query,
          headers: { ...headers, host: "region:4566" },
          body,
        },
        { signingDate: new Date(AT) },
      )
      expect({ ...headers, host: "region:4566", ...ours }).toEqual(theirs.headers)
    }),
    { numRuns: 200 },
  )
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

  reset(): void {}
}
