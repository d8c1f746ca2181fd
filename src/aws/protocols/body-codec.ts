import type { NormalizedSchema } from "@smithy/core/schema"

/**
 * How a protocol turns a value of a schema into bytes and back: JSON, CBOR or XML. Both functions are made once per
 * schema and kept, so that what a schema says is looked up when a service is loaded and not at each request.
 */
export interface BodyCodec {
  readonly contentType: string

  /**
   * Reads a whole body. The schema is a structure, a union, or whatever an HTTP payload member may be. The function
   * throws a Fault for bytes that cannot be read and for values that are not of the schema's type.
   */
  reader(schema: NormalizedSchema): (body: Uint8Array) => unknown

  /** Writes a whole body: the structure (or payload) itself, with whatever root the protocol puts around it. */
  writer(schema: NormalizedSchema): (value: unknown) => string | Uint8Array
}

export function bytesOf(written: string | Uint8Array): Uint8Array {
  return typeof written === "string" ? Buffer.from(written) : written
}
