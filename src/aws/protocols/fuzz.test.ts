import * as cloudwatch from "@aws-sdk/client-cloudwatch"
import * as ecs from "@aws-sdk/client-ecs"
import * as scheduler from "@aws-sdk/client-scheduler"
import { cbor, dateToTag } from "@smithy/core/cbor"
import fc from "fast-check"
import { expect, test } from "vitest"
import { Fault } from "../fault.ts"
import type { HttpRequest } from "../http.ts"
import { rpcv2Cbor } from "./cbor.ts"
import { awsJson1_1 } from "./json.ts"
import { serviceShape } from "./operation-shape.ts"
import type { Protocol } from "./protocol.ts"
import { restJson1 } from "./rest-json.ts"

const taskDefinition = {
  family: "web",
  cpu: "256",
  containerDefinitions: [{ name: "nginx", image: "nginx", essential: true, portMappings: [{ containerPort: 80 }] }],
  tags: [{ key: "a", value: "é漢" }],
}
const metrics = {
  Namespace: "n",
  MetricData: [
    {
      MetricName: "m",
      Timestamp: dateToTag(new Date(1)),
      Value: 1.5,
      Values: [1, -2, 2 ** 40],
      Dimensions: [{ Name: "a", Value: "b" }],
    },
  ],
}
const schedule = {
  ScheduleExpression: "rate(1 hour)",
  StartDate: 1_700_000_000,
  Target: { Arn: "a", RoleArn: "b", RetryPolicy: { MaximumRetryAttempts: 2 } },
  FlexibleTimeWindow: { Mode: "OFF" },
}

const cases: readonly [string, Protocol, object, string, Uint8Array][] = [
  ["JSON", awsJson1_1, ecs, "RegisterTaskDefinition", Buffer.from(JSON.stringify(taskDefinition))],
  ["CBOR", rpcv2Cbor, cloudwatch, "PutMetricData", cbor.serialize(metrics)],
  ["REST JSON", restJson1, scheduler, "CreateSchedule", Buffer.from(JSON.stringify(schedule))],
]

/** A valid body in which some bytes are others, some are gone, and some are doubled. */
function mutations(valid: Uint8Array): fc.Arbitrary<Uint8Array> {
  const place = fc.nat({ max: valid.length - 1 })
  const edit = fc.record({
    kind: fc.constantFrom("change", "cut", "double"),
    from: place,
    to: place,
    byte: fc.nat(255),
  })
  return fc.array(edit, { minLength: 1, maxLength: 4 }).map((edits) => {
    let body: Uint8Array = Buffer.from(valid)
    for (const { kind, from, to, byte } of edits) {
      if (kind === "change") body[Math.min(from, body.length - 1)] = byte
      else if (kind === "cut") body = body.subarray(0, from + 1)
      else body = Buffer.concat([body.subarray(0, to + 1), body.subarray(from)])
    }
    return body
  })
}

test.each(cases)("%s: whatever the bytes, they are read or refused", (_, protocol, sdk, name, valid) => {
  const operation = serviceShape(sdk).operation(name)!
  const request = {
    method: "POST",
    path: "/schedules/nightly",
    query: "",
    headers: {},
    signal: new AbortController().signal,
  }
  const bodies = fc.oneof(mutations(valid), fc.uint8Array({ maxLength: 64 }))
  expect(readOrRefuse(valid)).toBe("read")
  fc.assert(
    fc.property(bodies, (body) => void readOrRefuse(body)),
    { numRuns: 3000 },
  )

  function readOrRefuse(body: Uint8Array): string {
    try {
      protocol.readInput(operation, { ...request, body }, body)
      return "read"
    } catch (problem) {
      if (problem instanceof Fault) return "refused"
      throw problem
    }
  }
})

test("whatever the path, query and headers, they are read or refused", () => {
  const operation = serviceShape(scheduler).operation("ListSchedules")!
  const get = serviceShape(scheduler).operation("GetSchedule")!
  const text = fc.string({ unit: fc.constantFrom(..."/%2Fz=&+?{}é \"'0", "%", "MaxResults", "NamePrefix") })
  fc.assert(
    fc.property(text, text, text, (path, query, header) => {
      const request: HttpRequest = {
        method: "GET",
        path: `/schedules/${path}`,
        query,
        headers: { "x-a": header },
        body: new Uint8Array(0),
        signal: new AbortController().signal,
      }
      for (const one of [operation, get]) {
        try {
          restJson1.readInput(one, request, request.body)
        } catch (problem) {
          if (!(problem instanceof Fault)) throw problem
        }
      }
    }),
    { numRuns: 1000 },
  )
})

/** A million bytes that promise more than they hold, nest, or ask for arithmetic. */
const hostile: readonly [string, Uint8Array][] = [
  ["a list of four thousand million items", Buffer.from([0x9a, 0xff, 0xff, 0xff, 0xff])],
  ["a string longer than there can be", Buffer.from([0x7b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])],
  ["lists in lists", Buffer.alloc(1e6, 0x81)],
  ["endless lists in endless lists", Buffer.alloc(1e6, 0x9f)],
  ["maps in maps", Buffer.alloc(1e6, Buffer.from([0xa1, 0x60]))],
  ["tags on tags", Buffer.alloc(1e6, 0xc1)],
  [
    "a number of a million bytes",
    Buffer.concat([Buffer.from([0xc2, 0x5a, 0, 0x0f, 0x42, 0x40]), Buffer.alloc(1e6, 0xff)]),
  ],
  ["a decimal of a thousand million digits", Buffer.from([0xc4, 0x82, 0x1a, 0x3b, 0x9a, 0xca, 0, 1])],
  ["a million items", Buffer.concat([Buffer.from([0x9a, 0, 0x0f, 0x42, 0x40]), Buffer.alloc(1e6, 0xf6)])],
]

test.each(hostile)("CBOR: %s costs no more than its bytes", (_, value) => {
  const operation = serviceShape(cloudwatch).operation("PutMetricData")!
  const body = Buffer.concat([Buffer.from([0xa1, 0x61, 0x61]), value])
  const request = { method: "POST", path: "/", query: "", headers: {}, body, signal: new AbortController().signal }
  const startedAt = performance.now()
  expect(() => rpcv2Cbor.readInput(operation, request, body)).toThrow(Fault)
  expect(performance.now() - startedAt).toBeLessThan(2000)
})

test("numbers of a million digits are refused without a thought", () => {
  const operation = serviceShape(scheduler).operation("ListSchedules")!
  const query = `MaxResults=${"1".repeat(1e6)}x`
  const request = {
    method: "GET",
    path: "/schedules",
    query,
    headers: {},
    body: new Uint8Array(0),
    signal: new AbortController().signal,
  }
  const startedAt = performance.now()
  expect(() => restJson1.readInput(operation, request, request.body)).toThrow(Fault)
  expect(performance.now() - startedAt).toBeLessThan(2000)
})
