import { cbor, dateToTag } from "@smithy/core/cbor"
import type { NormalizedSchema } from "@smithy/core/schema"
import { NumericValue } from "@smithy/core/serde"
import type { BodyCodec } from "./body-codec.ts"
import { decodeCbor } from "./cbor-decode.ts"
import type { FaultShape } from "./fault-shape.ts"
import { Once } from "./once.ts"
import { notConvertible, type Read, shapeReaders } from "./shape-reader.ts"
import { shapeWriters, type Write } from "./shape-writer.ts"

export interface CborCodec extends BodyCodec {
  writer(schema: NormalizedSchema): (value: unknown) => Uint8Array

  /** An error's name stands among its members. */
  fault(shape: FaultShape): Uint8Array
}

export function cborCodec(contentType: string): CborCodec {
  const memberName = (schema: NormalizedSchema) => schema.getMemberName()
  const readerOf = shapeReaders({ simple: simpleReader, memberName })
  const writerOf = shapeWriters({ simple: simpleWriter, memberName })

  const readers = new Once((schema) => {
    const read = readerOf(schema)
    return (body: Uint8Array) => (body.length === 0 ? {} : read(decodeCbor(body) ?? {}, 0))
  })
  const writers = new Once((schema) => {
    const write = writerOf(schema)
    return (value: unknown) => cbor.serialize(write(value))
  })

  return {
    contentType,
    reader: (schema) => readers.of(schema),
    writer: (schema) => writers.of(schema),
    fault({ schema, name, messageName, message, members }) {
      const written = schema === undefined ? members : (writerOf(schema)(members) as Record<string, unknown>)
      const type = schema?.getName(true) ?? name
      return cbor.serialize({ __type: type, [messageName]: message, ...written })
    },
  }
}

function simpleReader(schema: NormalizedSchema): Read {
  if (schema.isNumericSchema()) return readNumber
  if (schema.isBooleanSchema()) return readBoolean
  if (schema.isTimestampSchema()) return instance(Date, "milliseconds since epoch")
  if (schema.isBlobSchema()) return instance(Uint8Array, "a Blob")
  if (schema.isBigIntegerSchema()) return readBigInteger
  if (schema.isBigDecimalSchema()) return readBigDecimal
  return readString
}

function readBoolean(value: unknown): boolean {
  if (typeof value !== "boolean") throw notConvertible(value, "a Boolean")
  return value
}

function readString(value: unknown): string {
  if (typeof value !== "string") throw notConvertible(value, "a String")
  return value
}

function instance(type: typeof Date | typeof Uint8Array, to: string): Read {
  return (value) => {
    if (!(value instanceof type)) throw notConvertible(value, to)
    return value
  }
}

/** The SDK has no other type for long integers than number, whatever their size. */
function readNumber(value: unknown): number {
  if (typeof value === "number" || typeof value === "bigint") return Number(value)
  throw notConvertible(value, "an Integer")
}

function readBigInteger(value: unknown): bigint {
  if (typeof value === "bigint" || Number.isSafeInteger(value)) return BigInt(value as number | bigint)
  throw notConvertible(value, "an Integer")
}

function readBigDecimal(value: unknown): NumericValue {
  if (value instanceof NumericValue) return value
  if (typeof value === "number" || typeof value === "bigint") return new NumericValue(String(value), "bigDecimal")
  throw notConvertible(value, "a Decimal")
}

function simpleWriter(schema: NormalizedSchema): Write {
  if (schema.isTimestampSchema()) return (value) => dateToTag(value as Date)
  return (value) => value
}
