import { SmithyRpcV2CborProtocol } from "@smithy/core/cbor"
import { rpcv2Cbor } from "../../src/aws/protocols/cbor.ts"
import { ec2Query } from "../../src/aws/protocols/ec2-query.ts"
import { awsJson1_0, awsJson1_1 } from "../../src/aws/protocols/json.ts"
import type { Protocol, ProtocolName } from "../../src/aws/protocols/protocol.ts"
import { awsQuery } from "../../src/aws/protocols/query.ts"
import { restJson1 } from "../../src/aws/protocols/rest-json.ts"
import { restXml } from "../../src/aws/protocols/rest-xml.ts"
import { JSON_LIMITS, type Limits, XML_LIMITS } from "./arbitrary.ts"
import type { Sdk } from "./sdk.ts"

/** A client whose every operation must come through a protocol unharmed. */
export interface ClientUnderTest {
  readonly name: string
  readonly load: () => Promise<Sdk>
  readonly protocol: Protocol
  readonly limits: Limits

  /** All operations each time, or a sample unless everything is asked for. */
  readonly isWhole: boolean
  readonly config?: object

  /** Members that the client adds on its own where it is not given them. */
  readonly added: ReadonlySet<string>
}

/** What stands in a host name or address must look the part. */
const S3_FIXED = { Bucket: "bucket-1", RequestRoute: "route-1" }

/** What each protocol can carry. */
export const LIMITS: Readonly<Record<ProtocolName, Limits>> = {
  awsJson1_0: JSON_LIMITS,
  awsJson1_1: JSON_LIMITS,
  awsQuery: XML_LIMITS,
  ec2Query: XML_LIMITS,
  restJson1: JSON_LIMITS,
  restXml: { ...XML_LIMITS, fixed: S3_FIXED },
  rpcv2Cbor: JSON_LIMITS,
}

export const clients: readonly ClientUnderTest[] = [
  whole("ecs", () => import("@aws-sdk/client-ecs"), awsJson1_1),
  whole("cloudwatch", () => import("@aws-sdk/client-cloudwatch"), awsJson1_0),
  // Other SDKs speak CBOR to CloudWatch, so this one is made to.
  {
    ...whole("cloudwatch in CBOR", () => import("@aws-sdk/client-cloudwatch"), rpcv2Cbor),
    config: { protocol: SmithyRpcV2CborProtocol },
  },
  whole("sts", () => import("@aws-sdk/client-sts"), awsQuery),
  whole("elastic-load-balancing-v2", () => import("@aws-sdk/client-elastic-load-balancing-v2"), awsQuery),
  {
    ...whole("ec2", () => import("@aws-sdk/client-ec2"), ec2Query),
    added: new Set(["DestinationRegion", "PresignedUrl"]),
  },
  whole("scheduler", () => import("@aws-sdk/client-scheduler"), restJson1),
  whole("efs", () => import("@aws-sdk/client-efs"), restJson1),
  {
    ...whole("s3", () => import("@aws-sdk/client-s3"), restXml, [
      "SSECustomerKey",
      "CopySourceSSECustomerKey",
      "ChecksumAlgorithm",
      "ExpiresString",
    ]),
    added: new Set([
      "ChecksumAlgorithm",
      "ChecksumCRC32",
      "ContentLength",
      "ContentMD5",
      "ContentType",
      "ExpiresString",
    ]),
  },
  sampled("xray", () => import("@aws-sdk/client-xray"), restJson1),
  sampled("ecr", () => import("@aws-sdk/client-ecr"), awsJson1_1),
  sampled("ecr-public", () => import("@aws-sdk/client-ecr-public"), awsJson1_1),
  sampled("cloudwatch-logs", () => import("@aws-sdk/client-cloudwatch-logs"), awsJson1_1),
  sampled("application-auto-scaling", () => import("@aws-sdk/client-application-auto-scaling"), awsJson1_1),
  sampled("secrets-manager", () => import("@aws-sdk/client-secrets-manager"), awsJson1_1),
  sampled("ssm", () => import("@aws-sdk/client-ssm"), awsJson1_1),
  sampled("servicediscovery", () => import("@aws-sdk/client-servicediscovery"), awsJson1_1),
  sampled("eventbridge", () => import("@aws-sdk/client-eventbridge"), awsJson1_1, ["EndpointId"]),
  sampled("codedeploy", () => import("@aws-sdk/client-codedeploy"), awsJson1_1),
  sampled("kms", () => import("@aws-sdk/client-kms"), awsJson1_1),
  sampled("acm", () => import("@aws-sdk/client-acm"), awsJson1_1),
  sampled("iam", () => import("@aws-sdk/client-iam"), awsQuery),
  sampled("auto-scaling", () => import("@aws-sdk/client-auto-scaling"), awsQuery),
]

function whole(
  name: string,
  load: () => Promise<object>,
  protocol: Protocol,
  omitted: readonly string[] = [],
): ClientUnderTest {
  const limits = { ...LIMITS[protocol.name], omitted: new Set(omitted) }
  return { name, load: load as () => Promise<Sdk>, protocol, limits, isWhole: true, added: new Set() }
}

function sampled(...what: Parameters<typeof whole>): ClientUnderTest {
  return { ...whole(...what), isWhole: false }
}
