import type { FaultShape } from "./fault-shape.ts"
import type { ResponseContext } from "./protocol.ts"

/**
 * Services that left the query protocol for another (CloudWatch, SQS) still tell the old code of an error to callers
 * who ask, so that programs that compare codes go on working.
 */
export function queryErrorHeader(shape: FaultShape, { isQueryMode }: ResponseContext): Record<string, string> {
  if (!isQueryMode) return {}
  return { "x-amzn-query-error": `${shape.queryCode};${shape.isServerFault ? "Receiver" : "Sender"}` }
}
