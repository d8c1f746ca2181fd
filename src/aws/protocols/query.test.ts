import * as iam from "@aws-sdk/client-iam"
import { QueryShapeSerializer, XmlShapeDeserializer } from "@aws-sdk/core/protocols"
import * as fc from "fast-check"
import { expect, test } from "vitest"
import { Fault } from "../fault.ts"
import { type HttpRequest, NO_BODY } from "../http.ts"
import { everyShape, everyValue, memberNames, operationOf } from "./every-shape.suite.ts"
import { serviceShape } from "./operation-shape.ts"
import { awsQuery } from "./query.ts"
import { readXml } from "./xml.ts"

const shapes = serviceShape(iam)
const createRole = shapes.operation("CreateRole")!
const context = { requestId: "the-request" }

function request(query = ""): HttpRequest {
  return { method: "POST", path: "/", query, headers: {}, body: NO_BODY, signal: new AbortController().signal }
}

function read(form: string, operation = createRole, query = "") {
  return awsQuery.readInput(operation, request(query), Buffer.from(form))
}

function refusal(form: string, operation = createRole): Fault {
  try {
    read(form, operation)
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error("nothing was refused")
}

const ROLE = "Action=CreateRole&Version=2010-05-08&RoleName=shop&AssumeRolePolicyDocument=%7B%7D"

test("members, numbered lists and numbers are read by the operation's shape", () => {
  expect(
    read(
      `${ROLE}&MaxSessionDuration=3600&Tags.member.1.Key=a+b&Tags.member.1.Value=&Tags.member.2.Key=c%26d&Tags.member.2.Value=1`,
    ),
  ).toEqual({
    RoleName: "shop",
    AssumeRolePolicyDocument: "{}",
    MaxSessionDuration: 3600,
    Tags: [
      { Key: "a b", Value: "" },
      { Key: "c&d", Value: "1" },
    ],
  })
})

test("a list is in the order of its numbers, whatever order they come in and whatever holes they leave", () => {
  const form = `${ROLE}&Tags.member.10.Key=last&Tags.member.10.Value=x&Tags.member.2.Key=first&Tags.member.2.Value=y`
  expect(read(form).Tags).toEqual([
    { Key: "first", Value: "y" },
    { Key: "last", Value: "x" },
  ])
})

test("an empty list is a list", () => {
  expect(read(`${ROLE}&Tags=`).Tags).toEqual([])
})

test("parameters may stand in the URL, and ones that the operation does not have are passed over", () => {
  expect(read("", createRole, `${ROLE}&X-Amz-Signature=abc&Colour.member.1=red`)).toEqual({
    RoleName: "shop",
    AssumeRolePolicyDocument: "{}",
  })
})

test.each([
  ["MaxSessionDuration=many", "MaxSessionDuration: not a number"],
  ["MaxSessionDuration=", "MaxSessionDuration: not a number"],
  ["RoleName.member.1=x", "Start of list found where not expected"],
  ["RoleName.x=y", "Start of structure or map found where not expected."],
  ["Tags.1.Key=x", "Top level element may not be treated as a list"],
  ["Tags.member.x.Key=y", "Start of structure or map found where not expected."],
  ["Tags=x", "Tags: a value where members belong"],
  ["Tags.member.1=x", "Tags.member.1: a value where members belong"],
  ["Path=a&Path=b", "The request has the parameter Path more than once."],
  ["Path=%zz", "The request has a malformed percent-encoding."],
  ["Path=%ff", "The request has a malformed percent-encoding."],
])("%s is malformed input", (form, message) => {
  expect(refusal(form)).toMatchObject({ code: "MalformedInput", message })
})

test("booleans are the words of XML Schema, and nothing else", () => {
  const operation = shapes.operation("UpdateAccountPasswordPolicy")!
  expect(read("RequireSymbols=true&RequireNumbers=0", operation)).toEqual({
    RequireSymbols: true,
    RequireNumbers: false,
  })
  expect(refusal("RequireSymbols=True", operation).message).toBe("boolean must follow xsd1.1 definition")
  expect(refusal("RequireSymbols=", operation).message).toBe("missing value for boolean type")
})

test("what is missing is named, all of it", () => {
  expect(refusal("Tags.member.1.Value=x")).toMatchObject({
    code: "ValidationError",
    message:
      "3 validation errors detected: Value null at 'roleName' failed to satisfy constraint: Member must not be null; " +
      "Value null at 'assumeRolePolicyDocument' failed to satisfy constraint: Member must not be null; " +
      "Value null at 'tags.1.member.key' failed to satisfy constraint: Member must not be null",
  })
})

test("a service may have words of its own for what is missing, or say it later", () => {
  const ownWords = { ...createRole, service: { ...createRole.service, missing: () => new Fault("Own", "words") } }
  const later = { ...createRole, service: { ...createRole.service, missing: () => undefined } }
  expect(refusal("", ownWords).code).toBe("Own")
  expect(read("", later)).toEqual({})
})

test("a name that JavaScript gives a meaning is a name like any other", () => {
  const input = read(`${ROLE}&__proto__.polluted=1&constructor.prototype.polluted=1&Tags.member.1.__proto__.x=1`, {
    ...createRole,
    service: { ...createRole.service, missing: () => undefined },
  })
  expect(Object.getPrototypeOf(input)).toBe(Object.prototype)
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
})

test("an operation's result stands in an element of its name, with the request's id beside it", () => {
  const { status, headers, body } = awsQuery.writeOutput(
    shapes.operation("ListAccountAliases")!,
    { AccountAliases: ["a<b"], IsTruncated: false },
    context,
  )
  expect(status).toBe(200)
  expect(headers["content-type"]).toBe("text/xml")
  expect(body).toBe(
    '<ListAccountAliasesResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListAccountAliasesResult>' +
      "<AccountAliases><member>a&lt;b</member></AccountAliases><IsTruncated>false</IsTruncated></ListAccountAliasesResult>" +
      "<ResponseMetadata><RequestId>the-request</RequestId></ResponseMetadata></ListAccountAliasesResponse>\n",
  )
})

test("an operation without output answers with the request's id alone", () => {
  const { body } = awsQuery.writeOutput(shapes.operation("DeleteRole")!, {}, context)
  expect(body).toBe(
    '<DeleteRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">' +
      "<ResponseMetadata><RequestId>the-request</RequestId></ResponseMetadata></DeleteRoleResponse>\n",
  )
})

test("a declared error goes by its wire code and status, any other by its own", () => {
  const declared = awsQuery.writeFault(
    new Fault("NoSuchEntityException", "The role <shop> cannot be found."),
    createRole,
    context,
  )
  expect(declared.status).toBe(404)
  expect(declared.body).toBe(
    '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>NoSuchEntity</Code>' +
      "<Message>The role &lt;shop&gt; cannot be found.</Message></Error><RequestId>the-request</RequestId></ErrorResponse>\n",
  )
  expect(awsQuery.writeFault(new Fault("InternalFailure", "x", { status: 500 }), undefined, context)).toMatchObject({
    status: 500,
    body: expect.stringContaining("<Type>Receiver</Type><Code>InternalFailure</Code>"),
  })
})

const settings = {
  timestampFormat: { useTrait: true, default: 5 as const },
  httpBindings: false,
  xmlNamespace: "https://example.com/doc/",
  serviceNamespace: "com.example",
  serializeEmptyLists: true,
}
const serialiser = new QueryShapeSerializer(settings)
const parser = new XmlShapeDeserializer(settings)
const everything = operationOf(everyShape())

test("what the SDK's serialiser sends is what a handler receives", () => {
  return fc.assert(
    fc.property(everyValue(), (value) => {
      serialiser.write(everything.input, value)
      expect(read(String(serialiser.flush()), everything)).toEqual(value)
    }),
  )
})

test("what a handler answers is what the SDK's parser receives", () => {
  return fc.assert(
    fc.property(everyValue(), (value) => {
      const { body } = awsQuery.writeOutput(everything, value, context)
      expect(readXml(Buffer.from(body as string)).children.map(({ name }) => name)).toEqual([
        "DoEverythingResult",
        "ResponseMetadata",
      ])
      expect(parser.read(everything.output, Buffer.from(body as string), "DoEverythingResult")).toEqual(value)
    }),
  )
})

test("whatever is sent is read or refused", () => {
  const scraps = [
    "&",
    "=",
    ".",
    "member",
    "entry",
    "key",
    "value",
    "1",
    "2",
    "%",
    "%41",
    "+",
    ...memberNames,
    "__proto__",
  ]
  const soup = fc
    .array(fc.oneof(fc.constantFrom(...scraps), fc.string()), { maxLength: 60 })
    .map((parts) => Buffer.from(parts.join("")))
  return fc.assert(
    fc.property(fc.oneof(soup, fc.uint8Array({ maxLength: 200 })), (body) => {
      try {
        awsQuery.readInput(everything, request(), body)
      } catch (error) {
        expect(error).toBeInstanceOf(Fault)
      }
    }),
    { numRuns: 500 },
  )
})

test("a form may not be larger or deeper than any operation's", () => {
  expect(refusal(Array.from({ length: 50_001 }, (_, index) => `a${index}=`).join("&")).message).toMatch(
    "too many parameters",
  )
  expect(refusal(`${"a.".repeat(40)}a=1`).message).toMatch("nested too deeply")
})
