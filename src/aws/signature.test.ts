import { escapeUri } from "@smithy/core/protocols"
import fc from "fast-check"
import { expect, test } from "vitest"
import { AssertionError } from "../base/assert.ts"
import { seededRandom } from "../world/simulated.ts"
import { Fault } from "./fault.ts"
import type { HttpRequest } from "./http.ts"
import { KEY, NOW, type SignOptions, signed, TOKEN, type Unsigned, verify } from "./official-signer.suite.ts"
import { credentialScope, needsWholeBody, type SignedRequest } from "./signature.ts"
import type { SignatureFamily } from "./signature-faults.ts"

const oddText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.string({ unit: fc.constantFrom(..."aB1-_.~!'()*+ /%&=?#;:@$,é€𝄞\u0000"), maxLength: 8 }),
)
const segment = fc.oneof(fc.constantFrom("", ".", "..", "clusters", "a b"), oddText).map(escapeUri)
const name = fc.string({
  unit: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz0123456789-"),
  minLength: 1,
  maxLength: 8,
})
const headerValue = fc.string({ unit: fc.constantFrom(..."abcXYZ019 \t,;:=\"'/"), maxLength: 20 })
const unsigned: fc.Arbitrary<Unsigned> = fc.record({
  method: fc.constantFrom("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"),
  path: fc.array(segment, { maxLength: 5 }).map((segments) => `/${segments.join("/")}`),
  query: fc.dictionary(
    oddText.filter((key) => !key.toLowerCase().startsWith("x-amz-")),
    fc.oneof(oddText, fc.array(oddText, { minLength: 1, maxLength: 3 })),
    {
      maxKeys: 5,
      noNullPrototype: true,
    },
  ),
  headers: fc.dictionary(
    fc.oneof(
      name.map((end) => `x-amz-meta-${end}`),
      name.map((end) => `my-${end}`),
    ),
    headerValue,
    {
      maxKeys: 4,
      noNullPrototype: true,
    },
  ),
  body: fc.uint8Array({ maxLength: 200 }),
})
const options: fc.Arbitrary<SignOptions> = fc.record(
  {
    service: fc.constantFrom("ecs", "ec2", "iam", "s3"),
    region: fc.constantFrom("us-east-1", "cn-north-1", "us-gov-west-1"),
    sessionToken: fc.constant(TOKEN),
    expiresIn: fc.integer({ min: 1, max: 604_800 }),
    withoutContentHash: fc.boolean(),
  },
  { requiredKeys: [] },
)

/** S3 asks for the content hash that others may leave out, and takes a presigned body unsigned. */
function withRulesOfS3(request: Unsigned, how: SignOptions): [Unsigned, SignOptions] {
  if (how.service !== "s3") return [request, how]
  if (how.expiresIn === undefined) return [request, { ...how, withoutContentHash: false }]
  return [{ ...request, headers: { ...request.headers, "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD" } }, how]
}

function familyOf(service = "ecs"): SignatureFamily {
  return service === "s3" ? "s3" : service === "ec2" ? "ec2" : service === "iam" ? "query" : "json"
}

test("what the official signer signs is accepted, whatever is in it", async () => {
  await fc.assert(
    fc.asyncProperty(unsigned, options, async (plain, how) => {
      const request = await signed(...withRulesOfS3(plain, how))

      const result = verify(request, { family: familyOf(how.service), service: how.service ?? "ecs" })

      const { region = "us-east-1", service = "ecs" } = how
      const { accessKeyId } = KEY
      expect(result).toMatchObject({
        principal: "the root",
        region,
        service,
        accessKeyId,
        sessionToken: how.sessionToken,
      })
      expect(result.body).toBe(request.body)
      expect(credentialScope(request)).toEqual({ accessKeyId, region, service })
    }),
    { numRuns: 500 },
  )
})

test("one character changed anywhere in what is signed is refused", async () => {
  await fc.assert(
    fc.asyncProperty(unsigned, options, fc.nat(), async (plain, how, at) => {
      // A path that is tidied before it is signed has several spellings; here each shall have one.
      const path = `/${plain
        .path!.split("/")
        .filter((part) => part !== "" && !/^\.+$/.test(part))
        .join("/")}`
      const [asked, whole] = withRulesOfS3({ ...plain, path }, how)
      const request = await signed(asked, whole)
      const family = familyOf(how.service)
      verify(request, { family })

      for (const mutant of mutants(request, at))
        expect(() => verify(mutant, { family }), JSON.stringify(mutant)).toThrow(Fault)
    }),
    { numRuns: 300 },
  )
})

/** The request with one character changed in each of its parts in turn. */
function* mutants(request: HttpRequest, at: number): Generator<HttpRequest> {
  const { headers, query, body } = request
  const signedNames = (headers.authorization ?? decodeURIComponent(query))
    .match(/SignedHeaders=([^,&]*)/)![1]!
    .split(";")
  yield { ...request, method: changed(request.method, at) }
  yield { ...request, path: changed(request.path, at) }
  yield { ...request, path: `${request.path}x` }
  if (query !== "") yield { ...request, query: changed(query, at) }
  yield { ...request, query: query === "" ? "x" : `${query}&x` }
  for (const name of signedNames) {
    const value = headers[name]!
    yield { ...request, headers: { ...headers, [name]: value.trim() === "" ? "x" : changed(value.trim(), at) } }
    yield { ...request, headers: { ...headers, [name]: undefined } }
  }
  yield { ...request, headers: { ...headers, "x-amz-meta-added": "x" } }
  if (headers.authorization !== undefined) {
    for (const part of headers.authorization.match(/[^ ,=/;]+/g)!) {
      yield {
        ...request,
        headers: { ...headers, authorization: headers.authorization.replace(part, changed(part, at)) },
      }
    }
  }
  if (body instanceof Uint8Array && !query.includes("UNSIGNED-PAYLOAD")) {
    yield {
      ...request,
      body: body.length === 0 ? Buffer.from("x") : body.map((byte, i) => (i === at % body.length ? byte ^ 1 : byte)),
    }
  }
}

function changed(text: string, at: number): string {
  const place = at % text.length
  return `${text.slice(0, place)}${text[place] === "x" ? "q" : "x"}${text.slice(place + 1)}`
}

test("no signature but the right one is accepted, of a hundred thousand that are close to it", async () => {
  const random = seededRandom(1)
  const digits = "0123456789abcdefABCDEF"
  const request = await signed({})
  const { authorization } = request.headers
  const right = authorization!.slice(-64)
  let accepted = 0
  for (let i = 0; i < 100_000; i++) {
    const wrong = [...right]
    for (let changes = random.below(3); changes >= 0; changes--) wrong[random.below(64)] = digits[random.below(22)]!
    if (wrong.join("") === right) continue
    const forged = {
      ...request,
      headers: { ...request.headers, authorization: authorization!.slice(0, -64) + wrong.join("") },
    }
    if (isAccepted(forged)) accepted += 1
  }
  expect(accepted).toBe(0)
  expect(isAccepted(request)).toBe(true)
})

function isAccepted(request: HttpRequest): boolean {
  try {
    verify(request)
    return true
  } catch (error) {
    expect(error).toBeInstanceOf(Fault)
    return false
  }
}

test("whatever a request says of its signature, the answer is a fault and not a failure", async () => {
  const request = await signed({})
  const fragments = [
    "AWS4-HMAC-SHA256",
    "AWS4-ECDSA-P256-SHA256",
    " ",
    ",",
    "=",
    ";",
    "/",
    "%",
    "&",
    "Credential",
    "Signature",
  ]
  const more = [
    "SignedHeaders",
    "host",
    "__proto__",
    "constructor",
    "20260101",
    "aws4_request",
    "X-Amz-",
    "Algorithm",
    "Date",
    "Expires",
  ]
  const text = fc.array(fc.oneof(fc.constantFrom(...fragments, ...more), fc.string({ unit: "binary" })), {
    maxLength: 30,
  })
  fc.assert(
    fc.property(text, text, fc.boolean(), (authorization, query, presigned) => {
      const { authorization: _, ...headers } = request.headers
      const forged = {
        ...request,
        query: query.join(""),
        headers: presigned ? headers : { ...headers, authorization: authorization.join("") },
      }
      credentialScope(forged)
      expect(isAccepted(forged)).toBe(false)
    }),
    { numRuns: 2000 },
  )
})

test("a repeated header is signed as its values joined by commas", async () => {
  const request = await signed({ headers: { "my-list": "b,a" } })

  expect(verify(request).principal).toBe("the root")
  expect(() => verify({ ...request, headers: { ...request.headers, "my-list": "a,b" } })).toThrow(Fault)
})

test("a date header will do where x-amz-date is missing, if it is signed", () => {
  // Published with AWS's Signature Version 4 test suite, where it was the one signed date.
  const headers = { host: "host.foo.com", date: "Mon, 09 Sep 2011 23:36:00 GMT" }
  const credential = "AKIDEXAMPLE/20110909/us-east-1/host/aws4_request"
  const authorization = (names: string) =>
    `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=b27ccfbfa7df52a200ff74193ca6e32d4b48b8856fab7ebf1c595d0670a7e470`
  const request = (names: string): HttpRequest => ({
    method: "GET",
    path: "/",
    query: "",
    headers: { ...headers, authorization: authorization(names) },
    body: new Uint8Array(0),
    signal: new AbortController().signal,
  })
  const now = Date.UTC(2011, 8, 9, 23, 36)
  const findKey = () => ({ secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", principal: "suite" })

  expect(verify(request("date;host"), { now, findKey }).principal).toBe("suite")
  expect(() => verify(request("host"), { now, findKey })).toThrow("'Date' must be a 'SignedHeader'")
})

test("a body that is still arriving is verified at its end", async () => {
  const request = await signed({ body: Buffer.from("welcome") })
  const arrive = async (...pieces: string[]) => {
    const { body } = verify({ ...request, body: arriving(pieces) }) as SignedRequest<string>
    let text = ""
    for await (const piece of body as AsyncIterable<Uint8Array>) text += Buffer.from(piece).toString()
    return text
  }

  await expect(arrive("wel", "", "come")).resolves.toBe("welcome")
  await expect(arrive("wel", "done")).rejects.toMatchObject({ code: "InvalidSignatureException", status: 400 })
  await expect(arrive()).rejects.toThrow(Fault)
})

async function* arriving(pieces: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield Buffer.from(piece)
}

test("a body marked unsigned may be anything", async () => {
  const request = await signed({ headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" } })
  const body = Buffer.from("something else")

  expect(verify({ ...request, body }).body).toBe(body)
})

test("a body must be collected first where only it can tell what was signed", async () => {
  const named = await signed({})
  const unnamed = await signed({}, { withoutContentHash: true })

  expect(needsWholeBody(named, "restJson")).toBe(false)
  expect(needsWholeBody(unnamed, "restJson")).toBe(true)
  expect(() => verify({ ...unnamed, body: arriving(["{}"]) })).toThrow(AssertionError)
  // S3 answers that the hash is missing, whether or not the body has arrived.
  expect(needsWholeBody(unnamed, "s3")).toBe(false)
})

test("a session's key is looked up together with its token", async () => {
  const request = await signed({}, { sessionToken: TOKEN })
  const asked: unknown[] = []
  const findKey = (...arguments_: unknown[]) => {
    asked.push(arguments_)
    return { secret: KEY.secretAccessKey, principal: "session" }
  }

  expect(verify(request, { findKey })).toMatchObject({ principal: "session", sessionToken: TOKEN })
  expect(asked).toEqual([[KEY.accessKeyId, TOKEN]])
})

test("a key whose secret has changed no longer verifies what the old secret signed", async () => {
  const request = await signed({})

  expect(verify(request).principal).toBe("the root")
  const findKey = () => ({ secret: "another", principal: "the root" })
  expect(() => verify(request, { findKey })).toThrow("The request signature we calculated does not match")
  expect(verify(request).principal).toBe("the root")
})

test("a scope is read without being verified, and only where there is one", async () => {
  const request = await signed({}, { service: "sts", region: "eu-west-1" })
  const scopeOf = (authorization: string) => credentialScope({ ...request, headers: { authorization } })

  expect(credentialScope({ ...request, body: Buffer.from("changed") })).toMatchObject({
    service: "sts",
    region: "eu-west-1",
  })
  expect(scopeOf("AWS4-HMAC-SHA256 Credential=a/20260101/b/c/aws4_request")).toEqual({
    accessKeyId: "a",
    region: "b",
    service: "c",
  })
  expect(scopeOf("AWS4-HMAC-SHA256 Credential=a/20260101/b/c")).toBeUndefined()
  expect(scopeOf("Bearer Credential=a/20260101/b/c/aws4_request")).toBeUndefined()
  expect(credentialScope({ ...request, headers: {} })).toBeUndefined()
})

test("the borders of the window are inside it", async () => {
  const minutes = 60_000
  for (const at of [NOW - 15 * minutes, NOW + 15 * minutes]) expect(isAccepted(await signed({}, { at }))).toBe(true)
  for (const at of [NOW - 15 * minutes - 1000, NOW + 15 * minutes + 1000])
    expect(isAccepted(await signed({}, { at }))).toBe(false)

  const presigned = await signed({}, { at: NOW - 60 * minutes, expiresIn: 3600 })
  expect(verify(presigned).principal).toBe("the root")
  expect(() => verify(presigned, { now: NOW + 1 })).toThrow("Signature expired: 20260101T000000Z is now earlier than")
})
