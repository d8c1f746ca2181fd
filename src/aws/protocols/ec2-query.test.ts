import * as ec2 from "@aws-sdk/client-ec2"
import { QueryShapeSerializer, XmlShapeDeserializer } from "@aws-sdk/core/protocols"
import * as fc from "fast-check"
import { expect, test } from "vitest"
import { Fault } from "../fault.ts"
import { NO_BODY } from "../http.ts"
import { ec2Query } from "./ec2-query.ts"
import { everyShape, everyValue, memberNames, operationOf } from "./every-shape.suite.ts"
import { serviceShape } from "./operation-shape.ts"

const shapes = serviceShape(ec2)
const describeInstances = shapes.operation("DescribeInstances")!
const context = { requestId: "the-request" }

function read(form: string, operation = describeInstances, query = "") {
  const request = { method: "POST", path: "/", query, headers: {}, body: NO_BODY, signal: new AbortController().signal }
  return ec2Query.readInput(operation, request, Buffer.from(form))
}

function refusal(form: string, operation = describeInstances): Fault {
  try {
    read(form, operation)
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error("nothing was refused")
}

test("lists are flat and go by the names that EC2 gives them", () => {
  const form =
    "Action=DescribeInstances&Version=2016-11-15&InstanceId.1=i-1&InstanceId.2=i-2&Filter.1.Name=tag%3Aa&Filter.1.Value.1=x&Filter.1.Value.2=y"
  expect(read(form)).toEqual({ InstanceIds: ["i-1", "i-2"], Filters: [{ Name: "tag:a", Values: ["x", "y"] }] })
})

test("what signs a URL is no parameter of the operation", () => {
  expect(
    read("", describeInstances, "Action=DescribeInstances&DryRun=true&X-Amz-Signature=0&X-Amz-Date=1&Version=x"),
  ).toEqual({ DryRun: true })
})

test.each([
  ["Colour=red", "UnknownParameter", "The parameter Colour is not recognized"],
  ["Filter.1.Colour=red", "UnknownParameter", "The parameter Filter.1.Colour is not recognized"],
  ["Filter.Name=red", "UnknownParameter", "The parameter Filter.Name is not recognized"],
  ["MaxResults.1=5", "UnknownParameter", "The parameter MaxResults is not recognized"],
  ["MaxResults=five", "InvalidParameterValue", "Value (five) for parameter MaxResults is invalid. Expected a number."],
  ["DryRun=True", "InvalidParameterValue", "Value (True) for parameter DryRun is invalid. Expected a boolean."],
  ["MaxResults=%", "MalformedQueryString", "The request has a malformed percent-encoding."],
])("%s is refused in EC2's way", (form, code, message) => {
  expect(refusal(form)).toMatchObject({ code, message })
})

test("the first parameter that is missing is named as callers know it", () => {
  expect(refusal("", shapes.operation("CreateSecurityGroup")!)).toMatchObject({
    code: "MissingParameter",
    message: "The request must contain the parameter Description",
  })
})

test("an answer holds the request's id and the members under the names that EC2 writes", () => {
  const { headers, body } = ec2Query.writeOutput(
    shapes.operation("CreateVpc")!,
    { Vpc: { VpcId: "vpc-1", Tags: [{ Key: "a", Value: "<b>" }] } },
    context,
  )
  expect(headers["content-type"]).toBe("text/xml;charset=UTF-8")
  expect(body).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<CreateVpcResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15"><requestId>the-request</requestId>' +
      "<vpc><tagSet><item><key>a</key><value>&lt;b&gt;</value></item></tagSet><vpcId>vpc-1</vpcId></vpc></CreateVpcResponse>",
  )
})

test("an operation without output says that it went well", () => {
  const { body } = ec2Query.writeOutput(shapes.operation("DeleteVpc")!, {}, context)
  expect(body).toContain("<requestId>the-request</requestId><return>true</return></DeleteVpcResponse>")
})

test("an error has EC2's form", () => {
  const { status, body } = ec2Query.writeFault(
    new Fault("InvalidVpcID.NotFound", "The vpc ID 'vpc-1' does not exist"),
    undefined,
    context,
  )
  expect(status).toBe(400)
  expect(body).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>InvalidVpcID.NotFound</Code>' +
      "<Message>The vpc ID 'vpc-1' does not exist</Message></Error></Errors><RequestID>the-request</RequestID></Response>",
  )
})

const settings = {
  timestampFormat: { useTrait: true, default: 5 as const },
  httpBindings: false,
  xmlNamespace: "https://example.com/doc/",
  serviceNamespace: "com.example",
}
const serialiser = new QueryShapeSerializer({
  ...settings,
  capitalizeKeys: true,
  flattenLists: true,
  serializeEmptyLists: false,
  ec2: true,
})
const parser = new XmlShapeDeserializer(settings)

// EC2 has no maps, and its protocol no form for them.
const names = memberNames.filter((name) => !name.includes("Map"))
const everything = operationOf(everyShape(names))

test("what the SDK's serialiser sends is what a handler receives", () => {
  return fc.assert(
    fc.property(everyValue(names), (value) => {
      serialiser.write(everything.input, value)
      expect(read(String(serialiser.flush()), everything)).toEqual(value)
    }),
  )
})

test("what a handler answers is what the SDK's parser receives", () => {
  return fc.assert(
    fc.property(everyValue(names), (value) => {
      const { body } = ec2Query.writeOutput(everything, value, context)
      expect(parser.read(everything.output, Buffer.from(body as string))).toEqual(value)
    }),
  )
})
