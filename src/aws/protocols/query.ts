import type { NormalizedSchema } from "@smithy/core/schema"
import { Fault } from "../fault.ts"
import type { HttpResponse } from "../http.ts"
import { faultShape } from "./fault-shape.ts"
import type { Field } from "./form.ts"
import { type Complaint, type FormStyle, formInputs } from "./form-reader.ts"
import type { Protocol, ResponseContext } from "./protocol.ts"
import { missingFault } from "./required.ts"
import { escapeText } from "./xml.ts"
import { xmlContents, xmlnsOf } from "./xml-writer.ts"

const style: FormStyle = {
  memberName: (member) => member.getMemberTraits().xmlName ?? member.getMemberName(),
  itemName: (list) =>
    list.getMergedTraits().xmlFlattened ? undefined : (list.getValueSchema().getMergedTraits().xmlName ?? "member"),
  unknown: () => undefined,
  refuse: (field, complaint) => malformedInput(sentence(field, complaint)),
  malformed: malformedInput,
  missing: (paths) => new Fault("ValidationError", missingFault(paths).message),
}

const readInput = formInputs(style)

/**
 * What IAM, STS, ELB and Auto Scaling speak: a form in, `Tags.member.1.Key=shop`, and XML out.
 * Parameters that an operation does not have are passed over, as on AWS.
 */
export const awsQuery: Protocol = {
  name: "awsQuery",

  readInput,

  writeOutput({ name, service, output: schema }, output, context): HttpResponse {
    const result = schema.isUnitSchema() ? "" : `<${name}Result>${xmlContents(schema)(output)}</${name}Result>`
    const metadata = `<ResponseMetadata><RequestId>${context.requestId}</RequestId></ResponseMetadata>`
    return xmlResponse(200, `${name}Response`, service.xmlNamespace, `${result}${metadata}`, context)
  },

  writeFault(fault, operation, context): HttpResponse {
    const shape = faultShape(fault, operation?.service.error(fault.code))
    const type = shape.isServerFault ? "Receiver" : "Sender"
    const head = `<Type>${type}</Type><Code>${escapeText(shape.queryCode)}</Code><Message>${escapeText(fault.message)}</Message>`
    const error = `<Error>${head}${membersBesideMessage(shape.schema, fault)}</Error>`
    const namespace = operation?.service.xmlNamespace ?? ""
    return xmlResponse(
      shape.status,
      "ErrorResponse",
      namespace,
      `${error}<RequestId>${context.requestId}</RequestId>`,
      context,
    )
  },
}

/** A declared error's own members stand beside its code and message. */
export function membersBesideMessage(schema: NormalizedSchema | undefined, { members }: Fault): string {
  return schema === undefined ? "" : xmlContents(schema)(members)
}

function xmlResponse(
  status: number,
  root: string,
  namespace: string,
  content: string,
  { requestId }: ResponseContext,
): HttpResponse {
  return {
    status,
    headers: { "content-type": "text/xml", "x-amzn-RequestId": requestId },
    body: `<${root}${xmlnsOf(namespace)}>${content}</${root}>\n`,
  }
}

function malformedInput(message: string): Fault {
  return new Fault("MalformedInput", message)
}

/** AWS's own sentences, where AWS is known to have one. */
function sentence({ path, value, members }: Field, complaint: Complaint): string {
  switch (complaint) {
    case "not a boolean":
      return value === "" ? "missing value for boolean type" : "boolean must follow xsd1.1 definition"
    case "not a timestamp":
      return "timestamp must follow ISO8601"
    case "members where a value belongs":
      return members?.has("member")
        ? "Start of list found where not expected"
        : "Start of structure or map found where not expected."
    case "not numbered as a list":
      return TOP_LEVEL_ITEM.test(path)
        ? "Top level element may not be treated as a list"
        : "Start of structure or map found where not expected."
    case "not a number":
    case "not a blob":
    case "a value where members belong":
    case "an entry without a key":
    case "not one member of a union":
      return `${path}: ${complaint}`
  }
}

const TOP_LEVEL_ITEM = /^[^.]*\.\d+$/
