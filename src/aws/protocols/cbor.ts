import type { Fault } from "../fault.ts"
import type { Body, HttpRequest, HttpResponse } from "../http.ts"
import { cborCodec } from "./cbor-codec.ts"
import { eventStreams } from "./event-stream.ts"
import { faultShape } from "./fault-shape.ts"
import type { OperationShape, Protocol, ResponseContext } from "./protocol.ts"
import { queryErrorHeader } from "./query-error.ts"
import { refuseMissing } from "./required.ts"

const codec = cborCodec("application/cbor")
const streams = eventStreams(codec, { hasInitialMessage: true })

/** What newer SDKs speak to CloudWatch: the operation's name in the path, the input as CBOR. */
export const rpcv2Cbor: Protocol = {
  name: "rpcv2Cbor",

  readInput(operation: OperationShape, _request: HttpRequest, body: Body) {
    const input =
      body instanceof Uint8Array
        ? (codec.reader(operation.input)(body) as Record<string, unknown>)
        : streams.readInput(operation.input, body)
    refuseMissing(operation, input)
    return input
  },

  writeOutput(operation: OperationShape, output: Record<string, unknown>, context: ResponseContext): HttpResponse {
    const events = streams.writeOutput(operation.output, output)
    if (events !== undefined)
      return { status: 200, headers: { ...commonHeaders(context), ...events.headers }, body: events.body }
    return { status: 200, headers: commonHeaders(context), body: codec.writer(operation.output)(output) }
  },

  writeFault(fault: Fault, operation: OperationShape | undefined, context: ResponseContext): HttpResponse {
    const shape = faultShape(fault, operation?.service.error(fault.code))
    return {
      status: shape.status,
      headers: { ...commonHeaders(context), ...queryErrorHeader(shape, context) },
      body: codec.fault(shape),
    }
  },
}

function commonHeaders({ requestId }: ResponseContext): Record<string, string> {
  return { "content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor", "x-amzn-RequestId": requestId }
}
