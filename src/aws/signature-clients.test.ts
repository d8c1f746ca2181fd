import { Readable } from "node:stream"
import { CloudWatch } from "@aws-sdk/client-cloudwatch"
import { EC2 } from "@aws-sdk/client-ec2"
import { ECS } from "@aws-sdk/client-ecs"
import { EFS } from "@aws-sdk/client-efs"
import { IAM } from "@aws-sdk/client-iam"
import { S3 } from "@aws-sdk/client-s3"
import { STS } from "@aws-sdk/client-sts"
import { HttpResponse, type HttpRequest as SdkRequest } from "@smithy/core/protocols"
import { expect, test } from "vitest"
import type { HttpRequest } from "./http.ts"
import { KEY, received, TOKEN, verify } from "./official-signer.suite.ts"
import type { SignedRequest } from "./signature.ts"
import type { SignatureFamily } from "./signature-faults.ts"

interface Arrived {
  readonly request: HttpRequest
  readonly result: SignedRequest<string>
}

/** Settings for a client whose requests are verified instead of sent, and where they end up. */
function verifying(family: SignatureFamily) {
  const arrived: Arrived[] = []
  const settings = {
    region: "eu-west-1",
    credentials: { ...KEY, sessionToken: TOKEN },
    maxAttempts: 1,
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    requestHandler: {
      async handle(sdkRequest: SdkRequest) {
        const request = received(sdkRequest)
        const now = timeOf(request.headers["x-amz-date"]!)
        arrived.push({ request, result: verify(request, { now, family }) })
        return { response: new HttpResponse({ statusCode: 400, headers: {}, body: Buffer.alloc(0) }) }
      },
    },
  }
  return { settings, arrived }
}

/** The SDK signs with the clock of this machine; what it read there is what the time is here. */
function timeOf(timestamp: string): number {
  return Date.parse(timestamp.replace(/(....)(..)(.....)(..)/, "$1-$2-$3:$4:"))
}

/** The answers say nothing, so every call fails once it has been verified. */
async function called(call: Promise<unknown>): Promise<void> {
  await call.catch((error: unknown) =>
    expect(error).not.toMatchObject({ name: expect.stringMatching(/Signature|AccessDenied|Token/) }),
  )
}

test("requests of every protocol are accepted as the SDK's clients sign them", async () => {
  const json = verifying("json")
  await called(new ECS(json.settings).createCluster({ clusterName: "größer" }))
  await called(new CloudWatch(json.settings).listMetrics({ Namespace: "AWS/ECS" }))
  const query = verifying("query")
  await called(new STS(query.settings).getCallerIdentity({}))
  await called(new IAM(query.settings).getRole({ RoleName: "a b+c" }))
  const ec2 = verifying("ec2")
  await called(new EC2(ec2.settings).describeVpcs({ Filters: [{ Name: "tag:a", Values: ["*", "ü"] }] }))
  const rest = verifying("restJson")
  await called(new EFS(rest.settings).listTagsForResource({ ResourceId: "arn:aws:x:y/z (1)*!'", NextToken: "a=b&c" }))

  const services = [json, query, ec2, rest].flatMap(({ arrived }) => arrived.map(({ result }) => result.service))
  expect(services).toEqual(["ecs", "monitoring", "sts", "iam", "ec2", "elasticfilesystem"])
  for (const { result } of [json, query, ec2, rest].flatMap(({ arrived }) => arrived)) {
    expect(result).toMatchObject({ region: result.service === "iam" ? "us-east-1" : "eu-west-1", sessionToken: TOKEN })
  }
})

test("an object's name and a body that streams are accepted as the S3 client signs them", async () => {
  const { settings, arrived } = verifying("s3")
  const s3 = new S3({ ...settings, forcePathStyle: true })
  const Key = "a//b/../c (1) ü+&=~!'*.txt"
  await called(s3.putObject({ Bucket: "bucket", Key, Body: "whole", Metadata: { note: "two  spaces" } }))
  await called(
    s3.putObject({
      Bucket: "bucket",
      Key,
      Body: Readable.from([Buffer.from("pie"), Buffer.from("ces")]),
      ContentLength: 6,
    }),
  )
  await called(s3.getObject({ Bucket: "bucket", Key, VersionId: "1" }))

  expect(arrived).toHaveLength(3)
  const streamed = arrived[1]!
  expect(streamed.request.headers["x-amz-content-sha256"]).toBe("STREAMING-UNSIGNED-PAYLOAD-TRAILER")
  const pieces: Uint8Array[] = []
  for await (const piece of streamed.result.body as AsyncIterable<Uint8Array>) pieces.push(piece)
  expect(Buffer.concat(pieces).toString()).toBe("pieces")
  expect(streamed.result.trailers).toEqual({ "x-amz-checksum-crc32": expect.stringMatching(/^.{6}==$/) })
})
