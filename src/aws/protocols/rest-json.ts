import type { Fault } from "../fault.ts"
import type { HttpResponse } from "../http.ts"
import { faultShape } from "./fault-shape.ts"
import { httpBindings } from "./http-bindings.ts"
import { jsonCodec } from "./json-codec.ts"
import { jsonFault } from "./json-fault.ts"
import type { OperationShape, Protocol, ResponseContext } from "./protocol.ts"

const codec = jsonCodec("application/json", { renamesMembers: true })
const bindings = httpBindings(codec)

/** What EFS, X-Ray, Scheduler and Lambda speak: methods and paths as in REST, bodies in JSON. */
export const restJson1: Protocol = {
  name: "restJson1",

  readInput: bindings.readInput,

  writeOutput(
    operation: OperationShape,
    output: Record<string, unknown>,
    { requestId }: ResponseContext,
  ): HttpResponse {
    const response = bindings.writeOutput(operation, output)
    return { ...response, headers: { ...response.headers, "x-amzn-RequestId": requestId } }
  },

  writeFault(fault: Fault, operation: OperationShape | undefined, { requestId }: ResponseContext): HttpResponse {
    const shape = faultShape(fault, operation?.service.error(fault.code))
    const bound = shape.schema === undefined ? {} : bindings.writeErrorHeaders(shape.schema, shape.members)
    const common = { "content-type": "application/json", "x-amzn-errortype": shape.name, "x-amzn-RequestId": requestId }
    return {
      status: shape.status,
      headers: { ...bound, ...common },
      body: jsonFault(codec, shape, { isNamespaced: false }),
    }
  },
}
