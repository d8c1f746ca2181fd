import * as s3 from "@aws-sdk/client-s3"
import { XmlShapeDeserializer, XmlShapeSerializer } from "@aws-sdk/core/protocols"
import * as fc from "fast-check"
import { expect, test } from "vitest"
import { Fault } from "../fault.ts"
import { type HttpRequest, NO_BODY } from "../http.ts"
import { everyShape, everyValue, operationOf } from "./every-shape.suite.ts"
import { serviceShape } from "./operation-shape.ts"
import { restXml } from "./rest-xml.ts"
import { xmlCodec } from "./xml-codec.ts"

const shapes = serviceShape(s3)
const context = { requestId: "the-request" }

function read(operation: string, path: string, query: string, body: string) {
  const headers: HttpRequest["headers"] = {}
  const request = { method: "PUT", path, query, headers, body: NO_BODY, signal: new AbortController().signal }
  return restXml.readInput(shapes.operation(operation)!, request, Buffer.from(body))
}

const TAGGING = "<TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet>"

test("a payload is read from an element of its name, in whatever namespace", () => {
  const expected = { Bucket: "photos", Tagging: { TagSet: [{ Key: "a", Value: "b" }] } }
  expect(read("PutBucketTagging", "/photos/", "tagging", `<Tagging>${TAGGING}</Tagging>`)).toEqual(expected)
  const prefixed = `<x:Tagging xmlns:x="http://s3.amazonaws.com/doc/2006-03-01/">\n  ${TAGGING}\n</x:Tagging>`
  expect(read("PutBucketTagging", "/photos/", "tagging", prefixed)).toEqual(expected)
})

test("attributes and flattened lists are read as their shapes say", () => {
  const acl = `<AccessControlPolicy><AccessControlList><Grant><Grantee xmlns:xsi="x" xsi:type="CanonicalUser"><ID>1</ID></Grantee>
    <Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>`
  expect(read("PutBucketAcl", "/photos/", "acl", acl)).toMatchObject({
    AccessControlPolicy: { Grants: [{ Grantee: { Type: "CanonicalUser", ID: "1" }, Permission: "READ" }] },
  })
  const deleted = "<Delete><Object><Key>a</Key></Object><Object><Key>b</Key></Object><Quiet>true</Quiet></Delete>"
  expect(read("DeleteObjects", "/photos/", "delete", deleted)).toMatchObject({
    Delete: { Objects: [{ Key: "a" }, { Key: "b" }], Quiet: true },
  })
})

test.each([
  ["no XML", "Tagging"],
  ["another root", `<Tags>${TAGGING}</Tags>`],
  ["a member that the shape does not have", `<Tagging>${TAGGING}<Colour>red</Colour></Tagging>`],
  ["a member twice", `<Tagging>${TAGGING}${TAGGING}</Tagging>`],
  ["a list's item under another name", "<Tagging><TagSet><Label/></TagSet></Tagging>"],
  ["text where members belong", "<Tagging>a</Tagging>"],
  ["members where text belongs", "<Tagging><TagSet><Tag><Key><a/></Key><Value/></Tag></TagSet></Tagging>"],
  ["an entity of its own", `<!DOCTYPE a [<!ENTITY b "c">]><Tagging>${TAGGING}</Tagging>`],
])("%s is refused in S3's words", (_, body) => {
  expect(() => read("PutBucketTagging", "/photos/", "tagging", body)).toThrow(
    expect.objectContaining({
      code: "MalformedXML",
      message: "The XML you provided was not well-formed or did not validate against our published schema",
    }),
  )
})

test("a value of the wrong type is refused in S3's words", () => {
  const body = "<Delete><Object><Key>a</Key></Object><Quiet>perhaps</Quiet></Delete>"
  expect(() => read("DeleteObjects", "/photos/", "delete", body)).toThrow(
    expect.objectContaining({ code: "MalformedXML" }),
  )
})

test("an answer's root is named as the shape says, in the service's namespace", () => {
  const { body } = restXml.writeOutput(shapes.operation("ListBuckets")!, { Buckets: [{ Name: "a&b" }] }, context)
  expect(body).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
      "<Buckets><Bucket><Name>a&amp;b</Name></Bucket></Buckets></ListAllMyBucketsResult>",
  )
})

test("a bucket's location is the answer itself", () => {
  const { body } = restXml.writeOutput(
    shapes.operation("GetBucketLocation")!,
    { LocationConstraint: "eu-west-1" },
    context,
  )
  expect(body).toContain(
    '<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">eu-west-1</LocationConstraint>',
  )
  const nowhere = restXml.writeOutput(shapes.operation("GetBucketLocation")!, {}, context)
  expect(nowhere.body).toContain('<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>')
})

test("S3's errors stand bare, others' in an ErrorResponse, and HEAD's not at all", () => {
  const fault = new Fault("NoSuchKey", "The specified key does not exist.")
  const own = "<Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>"
  const getObject = shapes.operation("GetObject")!

  const bare = restXml.writeFault(fault, getObject, context)
  expect(bare.status).toBe(404)
  expect(bare.body).toContain(`<Error>${own}<RequestId>the-request</RequestId></Error>`)

  const elsewhere = { ...getObject, service: { ...getObject.service, namespace: "com.amazonaws.route53" } }
  expect(restXml.writeFault(fault, elsewhere, context).body).toContain(
    `<Error><Type>Sender</Type>${own}</Error><RequestId>the-request</RequestId></ErrorResponse>`,
  )
  expect(restXml.writeFault(fault, shapes.operation("HeadObject"), context).body).toBe("")
})

const settings = {
  timestampFormat: { useTrait: true, default: 5 as const },
  httpBindings: true,
  xmlNamespace: "https://example.com/doc/",
  serviceNamespace: "com.example",
}
const serialiser = new XmlShapeSerializer(settings)
const parser = new XmlShapeDeserializer(settings)
const codec = xmlCodec(settings.xmlNamespace)
const everything = operationOf(everyShape()).input

test("what the SDK's serialiser sends is what a handler receives", () => {
  return fc.assert(
    fc.property(everyValue(), (value) => {
      serialiser.write(everything, value)
      expect(codec.reader(everything)(Buffer.from(serialiser.flush()))).toEqual(value)
    }),
  )
})

test("what is written is what the SDK's parser receives, and what is read again", () => {
  return fc.assert(
    fc.property(everyValue(), (value) => {
      const body = Buffer.from(codec.writer(everything)(value))
      expect(parser.read(everything, body)).toEqual(value)
      expect(codec.reader(everything)(body)).toEqual(value)
    }),
  )
})

test("whatever document is sent is read or refused", () => {
  const name = fc.constantFrom(
    "Everything",
    "Text",
    "List",
    "member",
    "Map",
    "entry",
    "key",
    "value",
    "Tree",
    "Name",
    "Choice",
    "Left",
  )
  const { element } = fc.letrec<{ element: string }>((tie) => ({
    element: fc
      .tuple(name, fc.array(fc.oneof({ maxDepth: 5 }, fc.constant("1"), tie("element")), { maxLength: 3 }))
      .map(nested),
  }))
  return fc.assert(
    fc.property(fc.array(element, { maxLength: 3 }), (elements) => {
      try {
        codec.reader(everything)(Buffer.from(nested(["Everything", elements])))
      } catch (error) {
        expect(error).toBeInstanceOf(Fault)
      }
    }),
  )
})

function nested([name, contents]: readonly [string, readonly string[]]): string {
  return `<${name}>${contents.join("")}</${name}>`
}
