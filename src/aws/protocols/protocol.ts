import type { NormalizedSchema } from "@smithy/core/schema"
import type { Fault } from "../fault.ts"
import type { HttpRequest, HttpResponse } from "../http.ts"

/**
 * One of AWS's wire protocols: how an operation's input is read from a request, and how its output, or a fault,
 * becomes a response. Which operation a request is for has been found before (`route.ts`).
 * All of it follows the schemas that the SDK packages export; no shape is written by hand.
 */
export interface Protocol {
  readonly name: ProtocolName

  /**
   * Reads the operation's input. `body` has arrived whole, except for an operation whose input streams: then it is
   * handed through as the streaming member's value, still arriving.
   * Throws a Fault (`malformedFault`) for a body that cannot be read or does not have the input's types.
   */
  readInput(operation: OperationShape, request: HttpRequest, body: HttpRequest["body"]): Record<string, unknown>

  /** The output may have a streaming member: a byte stream (`AsyncIterable<Uint8Array>`) or an event stream. */
  writeOutput(operation: OperationShape, output: Record<string, unknown>, context: ResponseContext): HttpResponse

  /** `operation` is undefined when the request did not get as far as naming one that exists. */
  writeFault(fault: Fault, operation: OperationShape | undefined, context: ResponseContext): HttpResponse
}

export type ProtocolName = "awsJson1_0" | "awsJson1_1" | "awsQuery" | "ec2Query" | "restJson1" | "restXml" | "rpcv2Cbor"

/** Whether requests are forms that name their operation in the body. */
export function speaksForms(protocol: ProtocolName): boolean {
  return protocol === "awsQuery" || protocol === "ec2Query"
}

export interface ResponseContext {
  readonly requestId: string

  /** The caller sent `x-amzn-query-mode`: it knows errors by the codes of the query protocol this service once spoke. */
  readonly isQueryMode?: boolean
}

/** An operation as its SDK client describes it. Made once per operation, when its service's SDK is loaded. */
export interface OperationShape {
  /** As in `CreateCluster`. */
  readonly name: string
  readonly service: ServiceShape
  readonly input: NormalizedSchema
  readonly output: NormalizedSchema

  /** Method, URI pattern and status of a REST binding, as in `["POST", "/v1/clusters/{name}", 200]`. */
  readonly http: readonly [method: string, uri: string, status: number] | undefined
}

/** What protocols need to know of a service. */
export interface ServiceShape {
  /** The version that query protocols name, as in `2014-11-13`. */
  readonly version: string

  /** The namespace of query and REST XML answers, as in `https://iam.amazonaws.com/doc/2010-05-08/`. */
  readonly xmlNamespace: string

  /** Namespace of its shapes, as in `com.amazonaws.ecs`. */
  readonly namespace: string

  /** The shape of a declared error, by the error's name or, in query protocols, by its wire code. */
  error(code: string): NormalizedSchema | undefined

  /**
   * What this service says of an input that lacks the members at these paths, where that is not the sentence most
   * services have. Undefined lets the input through, for an operation that would rather say it itself.
   */
  readonly missing?: ((paths: readonly string[]) => Fault | undefined) | undefined
}
