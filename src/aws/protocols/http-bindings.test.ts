import * as efs from "@aws-sdk/client-efs"
import * as s3 from "@aws-sdk/client-s3"
import * as scheduler from "@aws-sdk/client-scheduler"
import { NormalizedSchema } from "@smithy/core/schema"
import { expect, test } from "vitest"
import { Fault } from "../fault.ts"
import { type HttpRequest, NO_BODY } from "../http.ts"
import { httpBindings } from "./http-bindings.ts"
import { jsonCodec } from "./json-codec.ts"
import { serviceShape } from "./operation-shape.ts"
import type { OperationShape } from "./protocol.ts"
import { restJson1 } from "./rest-json.ts"
import { uriPattern } from "./uri-pattern.ts"

const context = { requestId: "request-1" }

function request(sent: Partial<HttpRequest>): HttpRequest {
  return {
    method: "GET",
    path: "/",
    query: "",
    headers: {},
    body: NO_BODY,
    signal: new AbortController().signal,
    ...sent,
  }
}

function operation(sdk: object, name: string): OperationShape {
  return serviceShape(sdk).operation(name)!
}

/** An operation whose input and output are one shape, with traits that none of our services happens to use. */
function bound(members: Record<string, readonly [unknown, object]>): OperationShape {
  const names = Object.keys(members)
  const shape = NormalizedSchema.of([3, "test", "Shape", 0, names, Object.values(members), 0] as never)
  const { service } = serviceShape(scheduler)
  return { name: "Test", service, input: shape, output: shape, http: ["POST", "/things", 201] }
}

const bindings = httpBindings(jsonCodec("application/json", { renamesMembers: true }))

test("labels, query and body come together", () => {
  const body = Buffer.from(
    '{"ScheduleExpression":"rate(1 day)","Target":{"Arn":"a","RoleArn":"b"},"FlexibleTimeWindow":{"Mode":"OFF"}}',
  )
  const sent = request({ method: "PUT", path: "/schedules/nightly%20run%2F1" })
  expect(restJson1.readInput(operation(scheduler, "UpdateSchedule"), sent, body)).toEqual({
    Name: "nightly run/1",
    ScheduleExpression: "rate(1 day)",
    Target: { Arn: "a", RoleArn: "b" },
    FlexibleTimeWindow: { Mode: "OFF" },
  })
})

test("query parameters have the types of their members", () => {
  const read = (query: string) =>
    restJson1.readInput(operation(scheduler, "ListSchedules"), request({ path: "/schedules", query }), NO_BODY)
  expect(read("MaxResults=5&NamePrefix=a+b%2Bc&other=1")).toEqual({ MaxResults: 5, NamePrefix: "a b+c" })
  expect(() => read("MaxResults=five")).toThrow("STRING_VALUE can not be converted to an Integer")
  expect(() => read("NamePrefix=%zz")).toThrow(Fault)
  const untag = request({ method: "DELETE", path: "/2015-02-01/resource-tags/fs-1", query: "tagKeys=a&tagKeys=b" })
  expect(restJson1.readInput(operation(efs, "UntagResource"), untag, NO_BODY)).toEqual({
    ResourceId: "fs-1",
    TagKeys: ["a", "b"],
  })
})

test("a path that does not fit, or is badly encoded, is refused", () => {
  const read = (path: string) => restJson1.readInput(operation(scheduler, "GetSchedule"), request({ path }), NO_BODY)
  for (const path of ["/schedules/a/b", "/schedules/", "/schedules/%E0%A4%A"]) expect(() => read(path)).toThrow(Fault)
})

test("headers carry values, lists and moments, in both directions", () => {
  const shape = bound({
    Text: [0, { httpHeader: "X-Text" }],
    List: [64, { httpHeader: "X-List" }],
    Dates: [68, { httpHeader: "X-Dates" }],
    Moment: [4, { httpHeader: "X-Moment" }],
    Json: [[0, "test", "Json", { mediaType: "application/json" }, 0], { httpHeader: "X-Json" }],
    Others: [128, { httpPrefixHeaders: "X-Other-" }],
  })
  const members = {
    Text: "a, b",
    List: ["a", "b, c", 'd"e'],
    Dates: [new Date("2024-02-29T12:00:00Z"), new Date("2025-01-01T00:00:00Z")],
    Moment: new Date("2024-02-29T12:00:00Z"),
    Json: '{"a":"é"}',
    Others: { one: "1" },
  }
  const { headers, status } = bindings.writeOutput(shape, members)
  expect(headers).toEqual({
    "x-text": "a, b",
    "x-list": 'a, "b, c", "d\\"e"',
    "x-dates": "Thu, 29 Feb 2024 12:00:00 GMT, Wed, 01 Jan 2025 00:00:00 GMT",
    "x-moment": "Thu, 29 Feb 2024 12:00:00 GMT",
    "x-json": Buffer.from('{"a":"é"}').toString("base64"),
    "x-other-one": "1",
  })
  expect(status).toBe(201)
  expect(bindings.readInput(shape, request({ headers }), NO_BODY)).toEqual(members)
})

test("a query map takes what no other member takes", () => {
  const shape = bound({ One: [0, { httpQuery: "one" }], Rest: [128, { httpQueryParams: 1 }] })
  expect(bindings.readInput(shape, request({ path: "/things", query: "one=1&two=2&__proto__=3" }), NO_BODY)).toEqual({
    One: "1",
    Rest: JSON.parse('{"two":"2","__proto__":"3"}'),
  })
})

test("a member may be the status, and bodies have members by the names they go by there", () => {
  const shape = bound({ Status: [1, { httpResponseCode: 1 }], Name: [0, { jsonName: "n" }] })
  expect(bindings.writeOutput(shape, { Status: 202, Name: "a" })).toEqual({
    status: 202,
    headers: { "content-type": "application/json" },
    body: '{"n":"a"}',
  })
  expect(bindings.readInput(shape, request({}), Buffer.from('{"n":"a","Name":"b"}'))).toEqual({ Name: "a" })
})

test("a stream of bytes passes through untouched, in and out", () => {
  const body: AsyncIterable<Uint8Array> = (async function* () {})()
  const put = request({
    method: "PUT",
    path: "/shop/a/b%20c",
    headers: { "x-amz-meta-k": "v", "content-type": "text/css" },
  })
  expect(bindings.readInput(operation(s3, "PutObject"), put, body)).toEqual({
    Bucket: "shop",
    Key: "a/b c",
    Body: body,
    ContentType: "text/css",
    Metadata: { k: "v" },
  })
  const response = bindings.writeOutput(operation(s3, "GetObject"), { Body: body, ContentType: "text/css" })
  expect(response.body).toBe(body)
  expect(response.headers["content-type"]).toBe("text/css")
})

test("a fault goes by its header, with the status of its shape", () => {
  const missing = new Fault("ResourceNotFoundException", "Schedule nightly does not exist.")
  expect(restJson1.writeFault(missing, operation(scheduler, "GetSchedule"), context)).toEqual({
    status: 404,
    headers: {
      "content-type": "application/json",
      "x-amzn-errortype": "ResourceNotFoundException",
      "x-amzn-RequestId": "request-1",
    },
    body: '{"__type":"ResourceNotFoundException","Message":"Schedule nightly does not exist."}',
  })
})

test.each([
  ["/", "/", {}],
  ["/a/{B}", "/a/b", { B: "b" }],
  ["/a/{B}", "/a/b/c", undefined],
  ["/a/{B}", "/a/", undefined],
  ["/a/{B}", "/x/b", undefined],
  ["/{B}/{K+}?acl", "/b/c/d/", { B: "b", K: "c/d/" }],
  ["/{K+}/tail", "/a/b/tail", { K: "a/b" }],
  ["/{K+}/tail", "/a/b/head", undefined],
  ["/{B}/", "/b", { B: "b" }],
])("the URI %s takes the path %s for %o", (pattern, path, labels) => {
  const found = uriPattern(pattern).match(path)
  expect(found === undefined ? undefined : Object.fromEntries(found)).toEqual(labels)
})
