import { Fault } from "../fault.ts"
import type { HttpResponse } from "../http.ts"
import { faultShape } from "./fault-shape.ts"
import type { Field } from "./form.ts"
import { type Complaint, type FormStyle, formInputs } from "./form-reader.ts"
import type { Protocol, ResponseContext } from "./protocol.ts"
import { escapeText } from "./xml.ts"
import { xmlContents, xmlnsOf } from "./xml-writer.ts"

const style: FormStyle = {
  memberName(member) {
    const { ec2QueryName, xmlName } = member.getMemberTraits() as { ec2QueryName?: string; xmlName?: string }
    return ec2QueryName ?? capitalised(xmlName ?? member.getMemberName())
  },
  itemName: () => undefined,
  unknown: (field) => (BESIDE_INPUT.test(field.path) ? undefined : unknownParameter(field)),
  refuse,
  malformed: (message) => new Fault("MalformedQueryString", message),
  missing: ([path]) => new Fault("MissingParameter", `The request must contain the parameter ${parameterOf(path!)}`),
}

const readInput = formInputs(style)

/**
 * What EC2 alone speaks: query with flat lists, `Filter.1.Value.1=web`, names that are capitalised going in and not
 * coming out, and errors of its own form. It refuses parameters that an operation does not have.
 */
export const ec2Query: Protocol = {
  name: "ec2Query",

  readInput,

  writeOutput({ name, service, output: schema }, output, context): HttpResponse {
    const requestId = `<requestId>${context.requestId}</requestId>`
    // Where there is nothing to say, EC2 says that it went well.
    const content = schema.isUnitSchema() ? "<return>true</return>" : xmlContents(schema)(output)
    return xmlResponse(
      200,
      `<${name}Response${xmlnsOf(service.xmlNamespace)}>${requestId}${content}</${name}Response>`,
      context,
    )
  },

  writeFault(fault, operation, context): HttpResponse {
    const { queryCode, status } = faultShape(fault, operation?.service.error(fault.code))
    const error = `<Error><Code>${escapeText(queryCode)}</Code><Message>${escapeText(fault.message)}</Message></Error>`
    const requestId = `<RequestID>${context.requestId}</RequestID>`
    return xmlResponse(status, `<Response><Errors>${error}</Errors>${requestId}</Response>`, context)
  },
}

function xmlResponse(status: number, document: string, { requestId }: ResponseContext): HttpResponse {
  return {
    status,
    headers: { "content-type": "text/xml;charset=UTF-8", "x-amzn-RequestId": requestId },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${document}`,
  }
}

/** What every request may carry: what it is for, and how a URL is signed. */
const BESIDE_INPUT =
  /^(Action|Version|X-Amz-[A-Za-z-]+|AWSAccessKeyId|SecurityToken|Timestamp|Expires|Signature|SignatureMethod|SignatureVersion)$/

const EXPECTED: Partial<Record<Complaint, string>> = {
  "not a boolean": "Expected a boolean.",
  "not a number": "Expected a number.",
  "not a timestamp": "Expected a timestamp in ISO 8601 format.",
  "not a blob": "Expected base64-encoded data.",
}

/** A value of the wrong type is an invalid value; what has the wrong form is a parameter that EC2 does not know. */
function refuse(field: Field, complaint: Complaint): Fault {
  const expected = EXPECTED[complaint]
  if (expected === undefined) return unknownParameter(field)
  const value = field.value?.slice(0, VALUE_SHOWN_MAX)
  return new Fault("InvalidParameterValue", `Value (${value}) for parameter ${field.path} is invalid. ${expected}`)
}

const VALUE_SHOWN_MAX = 256

function unknownParameter({ path }: Field): Fault {
  return new Fault("UnknownParameter", `The parameter ${path} is not recognized`)
}

/** `filters.1.member.name` is `Filters.1.Name` to callers of EC2. */
function parameterOf(path: string): string {
  return path
    .split(".")
    .filter((step) => step !== "member")
    .map(capitalised)
    .join(".")
}

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}
