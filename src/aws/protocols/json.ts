import type { Fault } from "../fault.ts"
import type { Body, HttpRequest, HttpResponse } from "../http.ts"
import { eventStreams } from "./event-stream.ts"
import { faultShape } from "./fault-shape.ts"
import { jsonCodec } from "./json-codec.ts"
import { jsonFault } from "./json-fault.ts"
import type { OperationShape, Protocol, ProtocolName, ResponseContext } from "./protocol.ts"
import { queryErrorHeader } from "./query-error.ts"
import { refuseMissing } from "./required.ts"

/** What ECS, ECR, Logs, SSM and most of AWS's newer services speak: a POST whose body is the input. */
export const awsJson1_1 = awsJson("awsJson1_1", "application/x-amz-json-1.1")

/** The same, but that errors are named with their namespace. */
export const awsJson1_0 = awsJson("awsJson1_0", "application/x-amz-json-1.0")

function awsJson(name: ProtocolName, contentType: string): Protocol {
  const codec = jsonCodec(contentType, { renamesMembers: false })
  const streams = eventStreams(codec, { hasInitialMessage: true })

  return {
    name,

    readInput(operation: OperationShape, _request: HttpRequest, body: Body) {
      const input =
        body instanceof Uint8Array
          ? (codec.reader(operation.input)(body) as Record<string, unknown>)
          : streams.readInput(operation.input, body)
      refuseMissing(operation, input)
      return input
    },

    writeOutput(
      operation: OperationShape,
      output: Record<string, unknown>,
      { requestId }: ResponseContext,
    ): HttpResponse {
      const events = streams.writeOutput(operation.output, output)
      if (events !== undefined)
        return { status: 200, headers: { ...events.headers, "x-amzn-RequestId": requestId }, body: events.body }
      const headers = { "content-type": contentType, "x-amzn-RequestId": requestId }
      return { status: 200, headers, body: codec.writer(operation.output)(output) as string }
    },

    writeFault(fault: Fault, operation: OperationShape | undefined, context: ResponseContext): HttpResponse {
      const shape = faultShape(fault, operation?.service.error(fault.code))
      const headers = {
        "content-type": contentType,
        "x-amzn-RequestId": context.requestId,
        ...queryErrorHeader(shape, context),
      }
      return { status: shape.status, headers, body: jsonFault(codec, shape, { isNamespaced: name === "awsJson1_0" }) }
    },
  }
}
