import { expect, test } from "vitest"
import type { Fault } from "./fault.ts"
import type { HttpRequest } from "./http.ts"
import { KEY, NOW, signed, verify } from "./official-signer.suite.ts"
import type { VerifyOptions } from "./signature.ts"
import { type SignatureFamily, signatureFamily } from "./signature-faults.ts"

const families = ["json", "restJson", "query", "ec2", "s3"] as const

function refusal(request: HttpRequest, options: Partial<VerifyOptions<string>>): Fault {
  try {
    verify(request, options)
  } catch (error) {
    return error as Fault
  }
  throw new Error("the request was accepted")
}

/** Code and status in each family, and the sentence of those that share one. */
function answers(
  request: HttpRequest,
  options: Partial<VerifyOptions<string>> = {},
): Record<string, [string, number | undefined]> {
  const faults = families.map((family) => [family, refusal(request, { ...options, family })] as const)
  return Object.fromEntries(faults.map(([family, { code, status }]) => [family, [code, status]]))
}

function sentence(
  request: HttpRequest,
  family: SignatureFamily = "json",
  options: Partial<VerifyOptions<string>> = {},
): string {
  return refusal(request, { ...options, family }).message
}

function withHeaders(request: HttpRequest, headers: Record<string, string | undefined>): HttpRequest {
  return { ...request, headers: { ...request.headers, ...headers } }
}

test("a request without a signature is told so in its family's words", async () => {
  const request = withHeaders(await signed({}), { authorization: undefined })

  expect(answers(request)).toEqual({
    json: ["MissingAuthenticationTokenException", 400],
    restJson: ["MissingAuthenticationTokenException", 403],
    query: ["MissingAuthenticationToken", 403],
    ec2: ["MissingParameter", 400],
    s3: ["AccessDenied", 403],
  })
})

test("an unknown key is told so in its family's words", async () => {
  const request = await signed({})
  const findKey = () => undefined

  expect(answers(request, { findKey })).toEqual({
    json: ["UnrecognizedClientException", 400],
    restJson: ["UnrecognizedClientException", 403],
    query: ["InvalidClientTokenId", 403],
    ec2: ["AuthFailure", 401],
    s3: ["InvalidAccessKeyId", 403],
  })
  expect(sentence(request, "json", { findKey })).toBe("The security token included in the request is invalid.")
  expect(sentence(request, "ec2", { findKey })).toBe("AWS was not able to validate the provided access credentials")
})

test("a session that has ended is told so in its family's words", async () => {
  const request = await signed({})

  expect(answers(request, { findKey: () => "expired" })).toEqual({
    json: ["ExpiredTokenException", 400],
    restJson: ["ExpiredTokenException", 403],
    query: ["ExpiredToken", 403],
    ec2: ["RequestExpired", 400],
    s3: ["ExpiredToken", 400],
  })
})

test("a wrong secret is told so in its family's words", async () => {
  const request = await signed({})
  const findKey = () => ({ secret: "wrong", principal: "nobody" })

  expect(answers(request, { findKey })).toEqual({
    json: ["InvalidSignatureException", 400],
    restJson: ["InvalidSignatureException", 403],
    query: ["SignatureDoesNotMatch", 403],
    ec2: ["AuthFailure", 401],
    s3: ["SignatureDoesNotMatch", 403],
  })
  const words = "The request signature we calculated does not match the signature you provided. Check your"
  expect(sentence(request, "json", { findKey })).toBe(
    `${words} AWS Secret Access Key and signing method. Consult the service documentation for details.`,
  )
  expect(sentence(request, "s3", { findKey })).toBe(`${words} key and signing method.`)
})

test("a clock that is off is told by how much", async () => {
  const request = await signed({}, { at: NOW })

  expect(answers(request, { now: NOW + 3_600_000 })).toEqual({
    json: ["InvalidSignatureException", 400],
    restJson: ["InvalidSignatureException", 403],
    query: ["SignatureDoesNotMatch", 403],
    ec2: ["RequestExpired", 400],
    s3: ["RequestTimeTooSkewed", 403],
  })
  expect(sentence(request, "query", { now: NOW + 3_600_000 })).toBe(
    "Signature expired: 20260101T000000Z is now earlier than 20260101T004500Z (20260101T010000Z - 15 min.)",
  )
  expect(sentence(request, "query", { now: NOW - 3_600_000 })).toBe(
    "Signature not yet current: 20260101T000000Z is still later than 20251231T231500Z (20251231T230000Z + 15 min.)",
  )
})

test("what is missing from an Authorization header is named", async () => {
  const request = await signed({})
  const scope = "20260101/us-east-1/ecs/aws4_request"
  const sentenceFor = (authorization: string) => sentence(withHeaders(request, { authorization }))

  expect(sentenceFor("AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host")).toBe(
    "Authorization header requires 'Signature' parameter.",
  )
  expect(sentenceFor("AWS4-HMAC-SHA256")).toBe(
    "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. " +
      "Authorization header requires 'SignedHeaders' parameter.",
  )
  expect(sentenceFor("AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=1")).toMatch(
    /^Credential must have exactly 5/,
  )
  expect(sentenceFor(`AWS4-HMAC-SHA256 Credential=a/${scope}s, SignedHeaders=host, Signature=1`)).toMatch(
    /valid terminator/,
  )
  expect(sentence(withHeaders(request, { "x-amz-date": undefined }))).toMatch(
    /either a 'X-Amz-Date' or a 'Date' header/,
  )
  expect(sentence(withHeaders(request, { "x-amz-date": "2026-01-01T00:00:00Z" }))).toMatch(/ISO-8601 'basic format'/)
  expect(answers(withHeaders(request, { authorization: "AWS4-HMAC-SHA256" }))).toEqual({
    json: ["IncompleteSignatureException", 400],
    restJson: ["IncompleteSignatureException", 403],
    query: ["IncompleteSignature", 400],
    ec2: ["IncompleteSignature", 400],
    s3: ["AuthorizationHeaderMalformed", 400],
  })
})

test("other algorithms are refused by name, other schemes without repeating what may be a secret", async () => {
  const request = await signed({})
  const sentenceFor = (authorization: string) => sentence(withHeaders(request, { authorization }))

  expect(sentenceFor(request.headers.authorization!.replace("HMAC-SHA256", "ECDSA-P256-SHA256"))).toBe(
    "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'. Homeport verifies 'AWS4-HMAC-SHA256' only.",
  )
  expect(sentenceFor("hunter2")).not.toContain("hunter2")
  const presigned = await signed({}, { expiresIn: 60 })
  const query = presigned.query.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256")
  expect(sentence({ ...presigned, query })).toMatch(/^Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'/)
})

test("a scope that is not the one expected is told what was expected", async () => {
  const request = await signed({})

  expect(sentence(request, "json", { service: "sts" })).toBe("Credential should be scoped to correct service: 'sts'.")
  expect(sentence(request, "json", { region: "eu-west-1" })).toBe(
    "Credential should be scoped to a valid region, not 'us-east-1'.",
  )
  expect(sentence(await signed({}, { region: "US_EAST" }))).toBe(
    "Credential should be scoped to a valid region, not 'US_EAST'.",
  )
  expect(sentence(withHeaders(request, { "x-amz-date": "20260102T000000Z" }))).toBe(
    "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: " +
      "'20260101' != '20260102', from '20260102T000000Z'.",
  )
})

test("the host and AWS's own headers must be signed, also when the signature is right without them", async () => {
  const request = await signed({})
  const names = /SignedHeaders=[^,]*/
  const authorization = request.headers.authorization!.replace(names, "SignedHeaders=x-amz-content-sha256;x-amz-date")

  expect(sentence(withHeaders(request, { authorization }))).toBe(
    "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
  )
  expect(sentence(withHeaders(request, { "x-amz-target": "Ecs.DeleteCluster" }))).toMatch(
    /^'x-amz-target' must be a 'SignedHeader'/,
  )
  expect(refusal(withHeaders(request, { "x-amz-acl": "public-read" }), { family: "s3" })).toMatchObject({
    code: "AccessDenied",
    message: "There were headers present in the request which were not signed",
  })
})

test("what is wrong with a presigned query is named", async () => {
  const request = await signed({}, { expiresIn: 60 })
  const sentenceFor = (from: RegExp, to: string) => sentence({ ...request, query: request.query.replace(from, to) })

  expect(sentenceFor(/&X-Amz-Date=[^&]*/, "")).toBe(
    "AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters.",
  )
  expect(sentenceFor(/&X-Amz-Date=[^&]*/, "$&$&")).toMatch(/must include 'X-Amz-Date'/)
  expect(sentenceFor(/X-Amz-Expires=60/, "X-Amz-Expires=-1")).toBe("X-Amz-Expires should be a number")
  expect(sentenceFor(/X-Amz-Expires=60/, "X-Amz-Expires=604801")).toMatch(/must be less than a week/)
  expect(sentenceFor(/X-Amz-Date=[^&]*/, "X-Amz-Date=%E0%A4%A")).toMatch(/must include 'X-Amz-Date'/)
  expect(refusal({ ...request, query: request.query.replace("X-Amz-Expires", "x") }, { family: "s3" })).toMatchObject({
    code: "AuthorizationQueryParametersError",
    status: 400,
  })
})

test("S3 asks for the content hash, and knows its kinds", async () => {
  const without = await signed({}, { service: "s3", withoutContentHash: true })
  const odd = await signed(
    { headers: { "x-amz-content-sha256": "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD" } },
    { service: "s3" },
  )
  const chunked = await signed(
    { headers: { "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER" } },
    { service: "s3" },
  )

  expect(sentence(without, "s3")).toBe("Missing required header for this request: x-amz-content-sha256")
  expect(sentence(odd, "s3")).toMatch(/^x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-/)
  expect(sentence(chunked, "s3", { takesStream: false })).toMatch(/streams nothing/)
})

test("a session token that was changed is a token that nobody has", async () => {
  const request = await signed({}, { sessionToken: "another" })

  expect(refusal(request, {})).toMatchObject({ code: "UnrecognizedClientException" })
  expect(request.headers.authorization).toContain(KEY.accessKeyId)
})

test("the family follows from the protocol, and S3 has its own", () => {
  expect(signatureFamily("awsJson1_1", "ecs")).toBe("json")
  expect(signatureFamily("awsQuery", "sts")).toBe("query")
  expect(signatureFamily("restXml", "route53")).toBe("query")
  expect(signatureFamily("restXml", "s3")).toBe("s3")
})
