import type { NormalizedSchema } from "@smithy/core/schema"
import type { Headers } from "../http.ts"
import { readBase64 } from "./base64.ts"
import { setOwn } from "./shape-reader.ts"
import { textReader, textWriter } from "./text-values.ts"
import { timestampFormat } from "./timestamps.ts"

type Members = Record<string, unknown>

/** A member that stands in a header (`httpHeader`), or in all those whose names begin alike (`httpPrefixHeaders`). */
export interface HeaderBinding {
  read(headers: Headers, members: Members): void
  write(members: Members, headers: Record<string, string>): void
}

/** Undefined for a member that is bound to no header. */
export function headerBinding(name: string, schema: NormalizedSchema): HeaderBinding | undefined {
  const { httpHeader, httpPrefixHeaders } = schema.getMergedTraits()
  if (httpHeader !== undefined) return oneHeader(name, schema, httpHeader.toLowerCase())
  if (httpPrefixHeaders !== undefined) return prefixedHeaders(name, httpPrefixHeaders.toLowerCase())
  return undefined
}

function oneHeader(name: string, schema: NormalizedSchema, header: string): HeaderBinding {
  const read = schema.isListSchema() ? listReader(schema) : valueReader(schema)
  const write = schema.isListSchema() ? listWriter(schema) : valueWriter(schema)
  return {
    read(headers, members) {
      const text = headers[header]
      if (text !== undefined) members[name] = read(text)
    },
    write(members, headers) {
      const value = members[name]
      if (value !== undefined && value !== null) headers[header] = write(value)
    },
  }
}

function prefixedHeaders(name: string, prefix: string): HeaderBinding {
  return {
    read(headers, members) {
      const found: Record<string, string> = {}
      for (const [header, text] of Object.entries(headers)) {
        if (text !== undefined && header.startsWith(prefix)) setOwn(found, header.slice(prefix.length), text)
      }
      if (Object.keys(found).length > 0) members[name] = found
    },
    write(members, headers) {
      for (const [key, value] of Object.entries((members[name] as Record<string, string> | undefined) ?? {})) {
        headers[prefix + key.toLowerCase()] = value
      }
    },
  }
}

function valueReader(schema: NormalizedSchema): (text: string) => unknown {
  const read = textReader(schema)
  if (isMedia(schema)) return (text) => Buffer.from(readBase64(text)).toString("utf8")
  return (text) => read(text.trim())
}

function valueWriter(schema: NormalizedSchema): (value: unknown) => string {
  if (isMedia(schema)) return (value) => Buffer.from(String(value)).toString("base64")
  return textWriter(schema, "http-date")
}

/** Text of a media type (JSON, mostly) may hold what headers may not, so it goes in base64. */
function isMedia(schema: NormalizedSchema): boolean {
  return schema.isStringSchema() && schema.getMergedTraits().mediaType !== undefined
}

function listReader(schema: NormalizedSchema): (text: string) => unknown[] {
  const item = schema.getValueSchema()
  const read = valueReader(item)
  // The date of HTTP has a comma inside.
  const hasCommas = item.isTimestampSchema() && timestampFormat(item, "http-date") === "http-date"
  const split = hasCommas ? splitDates : splitValues
  return (text) => split(text).map(read)
}

function listWriter(schema: NormalizedSchema): (value: unknown) => string {
  const item = schema.getValueSchema()
  const write = valueWriter(item)
  const quote = item.isTimestampSchema() ? (text: string) => text : quoted
  return (value) => [...(value as Iterable<unknown>)].map((one) => quote(write(one))).join(", ")
}

function splitDates(text: string): string[] {
  return text.match(/[^,]+,[^,]+/g) ?? [text]
}

/** Values parted by commas; one in quotation marks may hold commas itself. */
function splitValues(text: string): string[] {
  const parts = text.match(/\s*("(?:[^"\\]|\\.)*"|[^,]*)\s*(?:,|$)/g) ?? []
  const values = parts.map((part) => part.replace(/,$/, "").trim())
  // The last match is the empty one at the end of the text, unless a comma stood there.
  if (values.at(-1) === "" && !text.trimEnd().endsWith(",")) values.pop()
  return values.map((value) => (value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, "$1") : value))
}

function quoted(text: string): string {
  return /[",]/.test(text) ? `"${text.replace(/[\\"]/g, "\\$&")}"` : text
}
