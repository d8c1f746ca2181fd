import type { Fault } from "../fault.ts"
import type { HttpResponse } from "../http.ts"
import { type FaultShape, faultShape } from "./fault-shape.ts"
import { type HttpBindings, httpBindings } from "./http-bindings.ts"
import type { OperationShape, Protocol, ResponseContext } from "./protocol.ts"
import { escapeText } from "./xml.ts"
import { XML_DECLARATION, xmlCodec } from "./xml-codec.ts"
import { xmlContents, xmlnsOf } from "./xml-writer.ts"

/** What S3 speaks: methods and paths as in REST, bodies in XML. */
export const restXml: Protocol = {
  name: "restXml",

  readInput(operation, request, body) {
    return bindingsOf(operation).readInput(operation, request, body)
  },

  writeOutput(operation, output, context): HttpResponse {
    const response = bindingsOf(operation).writeOutput(operation, output)
    return { ...response, headers: { ...response.headers, ...idHeaders(context) } }
  },

  writeFault(fault: Fault, operation: OperationShape | undefined, context: ResponseContext): HttpResponse {
    const shape = faultShape(fault, operation?.service.error(fault.code))
    const bound =
      shape.schema === undefined ? {} : bindingsOf(operation!).writeErrorHeaders(shape.schema, shape.members)
    const headers = { ...bound, ...idHeaders(context), "content-type": "application/xml" }
    // An answer to HEAD has no body, whatever it has to say.
    const body = operation?.http?.[0] === "HEAD" ? "" : errorDocument(shape, operation, context)
    return { status: shape.status, headers, body }
  },
}

/** One for each namespace that answers are in. */
const bindings = new Map<string, HttpBindings>()

function bindingsOf({ service: { xmlNamespace } }: OperationShape): HttpBindings {
  const known = bindings.get(xmlNamespace) ?? httpBindings(xmlCodec(xmlNamespace))
  bindings.set(xmlNamespace, known)
  return known
}

/** S3's errors stand bare, as does one that came too early to know whose it is: most who speak this protocol mean S3. */
function errorDocument(
  shape: FaultShape,
  operation: OperationShape | undefined,
  { requestId }: ResponseContext,
): string {
  const { schema, members, message, name } = shape
  const head = `<Code>${escapeText(name)}</Code><Message>${escapeText(message)}</Message>`
  const own = schema === undefined ? "" : xmlContents(schema)(members)
  const id = `<RequestId>${requestId}</RequestId>`
  if (operation === undefined || operation.service.namespace === "com.amazonaws.s3") {
    return `${XML_DECLARATION}<Error>${head}${own}${id}</Error>`
  }
  const type = `<Type>${shape.isServerFault ? "Receiver" : "Sender"}</Type>`
  const xmlns = xmlnsOf(operation.service.xmlNamespace)
  return `${XML_DECLARATION}<ErrorResponse${xmlns}><Error>${type}${head}${own}</Error>${id}</ErrorResponse>`
}

function idHeaders({ requestId }: ResponseContext): Record<string, string> {
  return { "x-amzn-RequestId": requestId, "x-amz-request-id": requestId }
}
