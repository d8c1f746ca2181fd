import * as cloudwatch from "@aws-sdk/client-cloudwatch"
import * as logs from "@aws-sdk/client-cloudwatch-logs"
import * as ecs from "@aws-sdk/client-ecs"
import * as kms from "@aws-sdk/client-kms"
import { expect, test } from "vitest"
import { Fault } from "../fault.ts"
import { type HttpRequest, NO_BODY } from "../http.ts"
import { awsJson1_0, awsJson1_1 } from "./json.ts"
import { serviceShape } from "./operation-shape.ts"
import { missingFault } from "./required.ts"

const context = { requestId: "request-1" }
const request: HttpRequest = {
  method: "POST",
  path: "/",
  query: "",
  headers: {},
  body: NO_BODY,
  signal: new AbortController().signal,
}

function read(sdk: object, operation: string, body: unknown): Record<string, unknown> {
  const text = typeof body === "string" ? body : JSON.stringify(body)
  return awsJson1_1.readInput(serviceShape(sdk).operation(operation)!, request, Buffer.from(text))
}

function refusal(sdk: object, operation: string, body: unknown): Fault {
  try {
    read(sdk, operation, body)
  } catch (problem) {
    if (problem instanceof Fault) return problem
    throw problem
  }
  throw new Error("The input was taken")
}

test.each([
  ["a number for a string", { clusterName: 5 }, "NUMBER_VALUE can not be converted to a String"],
  ["true for a string", { clusterName: true }, "TRUE_VALUE can not be converted to a String"],
  ["false for a string", { clusterName: false }, "FALSE_VALUE can not be converted to a String"],
  ["a list for a string", { clusterName: [] }, "Start of list found where not expected"],
  ["an object for a string", { clusterName: {} }, "Start of structure or map found where not expected."],
  ["a string for a list", { tags: "a" }, "Expected list or null"],
  ["an object for a list", { tags: {} }, "Start of structure or map found where not expected."],
  ["a string for a structure", { tags: ["a"] }, "Expected null"],
  ["a list for a structure", { tags: [[]] }, "Start of list found where not expected"],
  ["a list for the whole", [], "Start of list found where not expected"],
  ["a string for the whole", '"a"', "Expected null"],
  ["no JSON", "{clusterName:", "The request body is not valid JSON"],
  ["half of it", '{"clusterName":"a', "The request body is not valid JSON"],
])("%s is refused with AWS's sentence", (_, body, message) => {
  expect(refusal(ecs, "CreateCluster", body)).toMatchObject({ code: "SerializationException", message })
})

test.each([
  ["a string for a number", { maxResults: "5" }, "STRING_VALUE can not be converted to an Integer"],
  ["true for a number", { maxResults: true }, "TRUE_VALUE can not be converted to an Integer"],
])("%s is refused with AWS's sentence", (_, body, message) => {
  expect(refusal(ecs, "ListClusters", body)).toMatchObject({ code: "SerializationException", message })
})

test("a string for a map, and for a boolean, is refused", () => {
  expect(refusal(logs, "CreateLogGroup", { tags: "a" }).message).toBe("Expected map or null")
  const body = { filters: [], describeByAttribute: "yes", forceDelete: "true" }
  expect(refusal(ecs, "DeleteTaskSet", { ...body, force: "true" }).message).toBe(
    "STRING_VALUE can not be converted to a Boolean",
  )
})

test("blobs come as bytes, and what is not base64 is refused", () => {
  expect(read(kms, "Decrypt", { CiphertextBlob: "AAEC/w==" })).toEqual({
    CiphertextBlob: new Uint8Array([0, 1, 2, 255]),
  })
  for (const text of ["AAEC/w=", "AA EC", "AAEC_w==", "=AAA", "A"]) {
    expect(refusal(kms, "Decrypt", { CiphertextBlob: text }).code).toBe("SerializationException")
  }
})

test("a moment may be seconds with a fraction or text, and nothing else", () => {
  const sent = (startedAt: unknown) => read(ecs, "SubmitTaskStateChange", { pullStartedAt: startedAt }).pullStartedAt
  expect(sent(1.5)).toEqual(new Date(1500))
  expect(sent("2024-02-29T12:00:00.25Z")).toEqual(new Date("2024-02-29T12:00:00.250Z"))
  expect(sent("Thu, 29 Feb 2024 12:00:00 GMT")).toEqual(new Date("2024-02-29T12:00:00Z"))
  for (const wrong of ["yesterday", "2024-13-01T00:00:00Z", 1e300, true, {}, "1 OR 1=1"]) {
    expect(refusal(ecs, "SubmitTaskStateChange", { pullStartedAt: wrong }).code).toBe("SerializationException")
  }
})

test("nulls are absent, unknown members are passed over, and an empty body is an empty input", () => {
  expect(read(ecs, "CreateCluster", { clusterName: null, tags: [null], nobodyKnows: { this: [1] } })).toEqual({
    tags: [],
  })
  expect(read(ecs, "CreateCluster", "")).toEqual({})
  expect(read(ecs, "CreateCluster", "null")).toEqual({})
})

test("keys that mean something to JavaScript are keys like others", () => {
  const input = read(
    logs,
    "CreateLogGroup",
    '{"logGroupName":"a","tags":{"__proto__":"x","constructor":"y"},"__proto__":{"kmsKeyId":"z"}}',
  )
  expect(Object.keys(input)).toEqual(["logGroupName", "tags"])
  expect(Object.entries(input.tags as object)).toEqual([
    ["__proto__", "x"],
    ["constructor", "y"],
  ])
  expect(input.kmsKeyId).toBeUndefined()
})

test("what nests without end is refused, wherever it stands", () => {
  const deep = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`
  const hook = (levels: number) =>
    `{"cluster":"a","serviceName":"b","deploymentConfiguration":{"lifecycleHooks":[{"hookDetails":${deep(levels)}}]}}`
  expect(refusal(ecs, "CreateService", hook(100_000)).message).toBe("The value is nested too deeply")
  expect(read(ecs, "CreateService", hook(20))).toMatchObject({ serviceName: "b" })
  // Nobody looks at a member that the shape does not have.
  expect(read(ecs, "CreateCluster", `{"unknown":${deep(1_000)}}`)).toEqual({})
  expect(refusal(ecs, "CreateCluster", `{"unknown":${deep(100_000)}}`).message).toBe("The value is nested too deeply")
})

test("every missing member is named, with the path it has on the wire", () => {
  expect(refusal(logs, "PutLogEvents", { logGroupName: "a", logEvents: [{ message: "m" }, {}] })).toMatchObject({
    code: "ValidationException",
    message: [
      "4 validation errors detected: Value null at 'logStreamName' failed to satisfy constraint: Member must not be null",
      "Value null at 'logEvents.1.member.timestamp' failed to satisfy constraint: Member must not be null",
      "Value null at 'logEvents.2.member.timestamp' failed to satisfy constraint: Member must not be null",
      "Value null at 'logEvents.2.member.message' failed to satisfy constraint: Member must not be null",
    ].join("; "),
  })
  expect(missingFault(["clusterName"]).message).toBe(
    "1 validation error detected: Value null at 'clusterName' failed to satisfy constraint: Member must not be null",
  )
})

test("a service may have its own words for what is missing, or let it through", () => {
  const own = serviceShape(ecs, {
    missing: ([path]) =>
      path === "cluster" ? new Fault("InvalidParameterException", "Identifiers cannot be empty") : undefined,
  })
  const body = Buffer.from("{}")
  expect(() => awsJson1_1.readInput(own.operation("DeleteCluster")!, request, body)).toThrow(
    "Identifiers cannot be empty",
  )
  expect(awsJson1_1.readInput(own.operation("RegisterTaskDefinition")!, request, body)).toEqual({})
})

test("an answer has the shape's members alone, without what is undefined or null", () => {
  const output = { cluster: { clusterName: "shop", status: undefined, tags: null, secret: "x" }, internal: 1 }
  const response = awsJson1_1.writeOutput(serviceShape(ecs).operation("CreateCluster")!, output, context)
  expect(response).toEqual({
    status: 200,
    headers: { "content-type": "application/x-amz-json-1.1", "x-amzn-RequestId": "request-1" },
    body: '{"cluster":{"clusterName":"shop"}}',
  })
})

test("a declared fault has its members, an undeclared one its code", () => {
  const operation = serviceShape(ecs).operation("UpdateService")!
  const conflict = new Fault("ConflictException", "Try again.", { members: { resourceIds: ["a"], internal: 1 } })
  expect(awsJson1_1.writeFault(conflict, operation, context)).toMatchObject({
    status: 400,
    body: '{"__type":"ConflictException","message":"Try again.","resourceIds":["a"]}',
  })
  const throttled = new Fault("ThrottlingException", 'Rate "exceeded"', { status: 429 })
  expect(awsJson1_1.writeFault(throttled, undefined, context)).toMatchObject({
    status: 429,
    body: '{"__type":"ThrottlingException","message":"Rate \\"exceeded\\""}',
  })
})

test("a server's fault is a 500, and a shape's own spelling and status are kept", () => {
  const ecsOperation = serviceShape(ecs).operation("CreateCluster")!
  expect(awsJson1_1.writeFault(new Fault("ServerException", "Oh."), ecsOperation, context).status).toBe(500)
  const operation = serviceShape(cloudwatch).operation("GetDashboard")!
  const gone = new Fault("ResourceNotFoundException", "Gone.", { members: { ResourceType: "Dashboard" } })
  const { status, body, headers } = awsJson1_0.writeFault(gone, operation, { ...context, isQueryMode: true })
  expect(JSON.parse(body as string)).toEqual({
    __type: "com.amazonaws.cloudwatch#ResourceNotFoundException",
    Message: "Gone.",
    ResourceType: "Dashboard",
  })
  expect(status).toBe(404)
  expect(headers["x-amzn-query-error"]).toBe("ResourceNotFoundException;Sender")
})

test("an SDK has its version, namespaces and operations told once", () => {
  const { service, operation, operationNames } = serviceShape(ecs)
  expect(service).toMatchObject({ version: "2014-11-13", namespace: "com.amazonaws.ecs" })
  expect(operationNames).toContain("CreateCluster")
  expect(operation("CreateCluster")).toBe(operation("CreateCluster"))
  for (const name of ["NoSuchThing", "__proto__", "constructor", ""]) expect(operation(name)).toBeUndefined()
  expect(service.error("ClusterNotFoundException")?.getName()).toBe("ClusterNotFoundException")
  expect(service.error("ECSServiceException")).toBeUndefined()
})
