import type { NormalizedSchema } from "@smithy/core/schema"
import { NumericValue } from "@smithy/core/serde"
import { readBase64 } from "./base64.ts"
import { malformedFault } from "./malformed.ts"
import { readTimestamp, type TimestampFormat, timestampFormat, writeTimestamp } from "./timestamps.ts"

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/

/** Digits cost time as their square; no number that AWS knows comes near. */
export const INTEGER = /^-?\d{1,1024}$/

/** Reads a simple value that stands as bare text: in a label, a query parameter, a header, a form field or an element. */
export function textReader(schema: NormalizedSchema): (text: string) => unknown {
  if (schema.isNumericSchema()) return readNumber
  if (schema.isBooleanSchema()) return readBoolean
  if (schema.isTimestampSchema()) return readTimestamp
  if (schema.isBlobSchema()) return readBase64
  if (schema.isBigIntegerSchema()) return readBigInteger
  if (schema.isBigDecimalSchema()) return readBigDecimal
  return (text) => text
}

/** Writes such a value; `format` is how a moment is written where its shape does not say. */
export function textWriter(schema: NormalizedSchema, format: TimestampFormat): (value: unknown) => string {
  if (schema.isTimestampSchema()) {
    const own = timestampFormat(schema, format)
    return (value) => writeTimestamp(value as Date, own)
  }
  if (schema.isBlobSchema()) return (value) => Buffer.from(value as Uint8Array).toString("base64")
  if (schema.isBigDecimalSchema()) return (value) => (value as NumericValue).string
  return String
}

function readNumber(text: string): number {
  if (NUMBER.test(text)) return Number(text)
  if (text === "NaN" || text === "Infinity" || text === "-Infinity") return Number(text)
  throw malformedFault("STRING_VALUE can not be converted to an Integer")
}

function readBoolean(text: string): boolean {
  const word = text.toLowerCase()
  if (word === "true") return true
  if (word === "false") return false
  throw malformedFault("STRING_VALUE can not be converted to a Boolean")
}

function readBigInteger(text: string): bigint {
  if (!INTEGER.test(text)) throw malformedFault("STRING_VALUE can not be converted to an Integer")
  return BigInt(text)
}

function readBigDecimal(text: string): NumericValue {
  if (!NUMBER.test(text)) throw malformedFault("STRING_VALUE can not be converted to a Decimal")
  return new NumericValue(text, "bigDecimal")
}
