import type { NormalizedSchema } from "@smithy/core/schema"
import { malformedFault } from "./malformed.ts"

/** The three ways in which AWS writes a moment. Which one holds depends on where it stands, or on the shape's trait. */
export type TimestampFormat = "date-time" | "http-date" | "epoch-seconds"

const DATE_TIME = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/
const HTTP_DATE = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d(\.\d+)? GMT$/
const EPOCH_SECONDS = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/

/** What the shape's own trait says, where it says something. */
export function timestampFormat(schema: NormalizedSchema, otherwise: TimestampFormat): TimestampFormat {
  switch (schema.getSchema()) {
    case 5:
      return "date-time"
    case 6:
      return "http-date"
    case 7:
      return "epoch-seconds"
    default:
      return otherwise
  }
}

export function writeTimestamp(moment: Date, format: TimestampFormat): string {
  switch (format) {
    case "date-time":
      return moment.toISOString().replace(".000Z", "Z")
    case "http-date":
      return moment.toUTCString()
    case "epoch-seconds":
      return String(moment.getTime() / 1000)
  }
}

/** Callers write moments as they like, and AWS takes any of its three forms wherever it takes one. */
export function readTimestamp(text: string): Date {
  if (DATE_TIME.test(text) || HTTP_DATE.test(text)) return momentOf(Date.parse(text), text)
  if (EPOCH_SECONDS.test(text)) return readEpochSeconds(Number(text))
  throw malformedTimestamp(text)
}

export function readEpochSeconds(seconds: number): Date {
  return momentOf(Math.round(seconds * 1000), String(seconds))
}

function momentOf(milliseconds: number, written: string): Date {
  const moment = new Date(milliseconds)
  if (Number.isNaN(moment.getTime())) throw malformedTimestamp(written)
  return moment
}

function malformedTimestamp(written: string) {
  return malformedFault(`${written.slice(0, 64)} can not be converted to milliseconds since epoch`)
}
