import type { NormalizedSchema } from "@smithy/core/schema"
import { NumericValue } from "@smithy/core/serde"
import { readBase64 } from "./base64.ts"
import type { BodyCodec } from "./body-codec.ts"
import { refuseBombs } from "./json-bounds.ts"
import { malformedFault } from "./malformed.ts"
import { Once } from "./once.ts"
import { notConvertible, type Read, shapeReaders } from "./shape-reader.ts"
import { shapeWriters, type Write } from "./shape-writer.ts"
import { INTEGER } from "./text-values.ts"
import { readEpochSeconds, readTimestamp, timestampFormat, writeTimestamp } from "./timestamps.ts"

/** REST JSON lets a shape rename its members (`jsonName`); the RPC protocols pass such names over. */
export function jsonCodec(contentType: string, { renamesMembers }: { renamesMembers: boolean }): BodyCodec {
  const memberName = renamesMembers ? renamed : ownName
  const readerOf = shapeReaders({ simple: simpleReader, memberName })
  const writerOf = shapeWriters({ simple: simpleWriter, memberName })
  const readers = new Once(reader)
  const writers = new Once(writer)

  function reader(schema: NormalizedSchema) {
    const read = readerOf(schema)
    const parse = hasBigNumbers(schema, new Set()) ? parseKeepingDigits : parsePlainly
    return (body: Uint8Array) => {
      // No body at all is what some callers send when they have nothing to say.
      if (body.length === 0) return {}
      refuseBombs(body)
      const value = parse(textOf(body))
      return value === null ? {} : read(value, 0)
    }
  }

  function writer(schema: NormalizedSchema) {
    const write = writerOf(schema)
    return (value: unknown) => JSON.stringify(write(value))
  }

  return { contentType, reader: (schema) => readers.of(schema), writer: (schema) => writers.of(schema) }
}

function ownName(schema: NormalizedSchema): string {
  return schema.getMemberName()
}

function renamed(schema: NormalizedSchema): string {
  return schema.getMergedTraits().jsonName ?? schema.getMemberName()
}

function textOf(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8")
}

function parsePlainly(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw malformedFault("The request body is not valid JSON")
  }
}

/** What Node's JSON does beyond what TypeScript has types for: to see numbers as written, and to write them so. */
const { parse: parseJson, rawJSON: rawJson } = JSON as unknown as {
  parse(text: string, reviver: (key: string, value: unknown, context: { source: string }) => unknown): unknown
  rawJSON(text: string): unknown
}

/** Numbers as they were written, where a shape promises more digits than a JavaScript number has. */
function parseKeepingDigits(text: string): unknown {
  try {
    return parseJson(text, (_key, value, { source }) =>
      typeof value === "number" && String(value) !== source ? new NumericValue(source, "bigDecimal") : value,
    )
  } catch {
    throw malformedFault("The request body is not valid JSON")
  }
}

function hasBigNumbers(schema: NormalizedSchema, seen: Set<unknown>): boolean {
  if (schema.isBigIntegerSchema() || schema.isBigDecimalSchema()) return true
  if (schema.isListSchema() || schema.isMapSchema()) return hasBigNumbers(schema.getValueSchema(), seen)
  if (!schema.isStructSchema() || seen.has(schema.getSchema())) return false
  seen.add(schema.getSchema())
  return [...schema.structIterator()].some(([, member]) => hasBigNumbers(member, seen))
}

function simpleReader(schema: NormalizedSchema): Read {
  if (schema.isNumericSchema()) return readNumber
  if (schema.isBooleanSchema()) return readBoolean
  if (schema.isTimestampSchema()) return readMoment
  if (schema.isBlobSchema()) return readBlob
  if (schema.isBigIntegerSchema()) return readBigInteger
  if (schema.isBigDecimalSchema()) return readBigDecimal
  return readString
}

function readString(value: unknown): string {
  if (typeof value !== "string") throw notConvertible(value, "a String")
  return value
}

/** The SDK's schemas do not tell whole numbers from others; a service that cares looks itself. */
function readNumber(value: unknown): number {
  if (typeof value === "number") return value
  if (value === "NaN" || value === "Infinity" || value === "-Infinity") return Number(value)
  if (value instanceof NumericValue) return Number(value.string)
  throw notConvertible(value, "an Integer")
}

function readBoolean(value: unknown): boolean {
  if (typeof value !== "boolean") throw notConvertible(value, "a Boolean")
  return value
}

function readMoment(value: unknown): Date {
  if (typeof value === "number") return readEpochSeconds(value)
  if (typeof value === "string") return readTimestamp(value)
  if (value instanceof NumericValue) return readEpochSeconds(Number(value.string))
  throw notConvertible(value, "milliseconds since epoch")
}

function readBlob(value: unknown): Uint8Array {
  if (typeof value !== "string") throw notConvertible(value, "a Blob")
  return readBase64(value)
}

function readBigInteger(value: unknown): bigint {
  const digits = value instanceof NumericValue ? value.string : String(value)
  if (typeof value === "boolean" || !INTEGER.test(digits)) throw notConvertible(value, "an Integer")
  return BigInt(digits)
}

function readBigDecimal(value: unknown): NumericValue {
  if (value instanceof NumericValue) return value
  if (typeof value !== "number") throw notConvertible(value, "a Decimal")
  return new NumericValue(String(value), "bigDecimal")
}

function simpleWriter(schema: NormalizedSchema): Write {
  if (schema.isTimestampSchema()) return momentWriter(schema)
  if (schema.isBlobSchema()) return (value) => Buffer.from(value as Uint8Array).toString("base64")
  if (schema.isNumericSchema()) return (value) => (Number.isFinite(value) ? value : String(value))
  if (schema.isBigIntegerSchema()) return (value) => rawJson(String(value))
  if (schema.isBigDecimalSchema()) return (value) => rawJson((value as NumericValue).string)
  return (value) => value
}

function momentWriter(schema: NormalizedSchema): Write {
  const format = timestampFormat(schema, "epoch-seconds")
  if (format === "epoch-seconds") return (value) => (value as Date).getTime() / 1000
  return (value) => writeTimestamp(value as Date, format)
}
