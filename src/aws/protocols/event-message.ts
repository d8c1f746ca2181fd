import type { NormalizedSchema } from "@smithy/core/schema"
import type { Message, MessageHeaders, MessageHeaderValue } from "@smithy/types"
import type { Fault } from "../fault.ts"
import { type BodyCodec, bytesOf } from "./body-codec.ts"
import { faultShape } from "./fault-shape.ts"
import { malformedFault } from "./malformed.ts"
import { setOwn } from "./shape-reader.ts"

export type { Message }

type Members = Record<string, unknown>

/** The events that a stream may carry, each a message of headers and a body. */
export interface EventUnion {
  /** Undefined for an event that the union does not know, which is passed over. */
  read(message: Message): Members | undefined
  write(event: Members): Message

  /** How a stream says that it ends badly. */
  writeFault(fault: Fault): Message
}

export function eventUnion(codec: BodyCodec, union: NormalizedSchema): EventUnion {
  const members = new Map(union.structIterator())
  const errors = new Map(
    [...members].filter(([, member]) => isError(member)).map(([name, member]) => [member.getName(), { name, member }]),
  )

  return {
    read({ headers, body }) {
      const type = headers[":event-type"]?.value
      const member = typeof type === "string" ? members.get(type) : undefined
      return member === undefined ? undefined : { [type as string]: readEvent(codec, member, headers, body) }
    },

    write(event) {
      const [name, value] = Object.entries(event).find(([, item]) => item !== undefined) ?? []
      const member = members.get(name!)
      if (member === undefined) throw new TypeError(`${union.getName()} has no event ${name}`)
      const kind = isError(member) ? "exception" : "event"
      return writeEvent(codec, member, value as Members, {
        [`:${kind}-type`]: text(name!),
        ":message-type": text(kind),
      })
    },

    writeFault(fault) {
      const error = errors.get(fault.code)
      if (error === undefined) return unknownError(fault)
      const { members, message, messageName } = faultShape(fault, error.member)
      return writeEvent(
        codec,
        error.member,
        { ...members, [messageName]: message },
        {
          ":exception-type": text(error.name),
          ":message-type": text("exception"),
        },
      )
    },
  }
}

function isError(schema: NormalizedSchema): boolean {
  return (schema.getMergedTraits() as { error?: string }).error !== undefined
}

/** An error that the stream's shape does not declare is told in headers alone. */
function unknownError(fault: Fault): Message {
  const headers = {
    ":message-type": text("error"),
    ":error-code": text(fault.code),
    ":error-message": text(fault.message),
  }
  return { headers, body: new Uint8Array(0) }
}

function writeEvent(codec: BodyCodec, schema: NormalizedSchema, value: Members, types: MessageHeaders): Message {
  const headers: MessageHeaders = { ...types }
  const body: Members = {}
  let payload: [NormalizedSchema, unknown] | undefined

  for (const [name, member] of schema.structIterator()) {
    const item = value[name]
    if (item === undefined || item === null) continue
    const { eventHeader, eventPayload } = member.getMergedTraits()
    if (eventHeader) headers[name] = headerValue(member, item)
    else if (eventPayload) payload = [member, item]
    else body[name] = item
  }

  if (payload === undefined) {
    headers[":content-type"] = text(codec.contentType)
    return { headers, body: bytesOf(codec.writer(schema)(body)) }
  }
  const [member, item] = payload
  if (member.isBlobSchema()) headers[":content-type"] = text("application/octet-stream")
  else headers[":content-type"] = text(member.isStringSchema() ? "text/plain" : codec.contentType)
  if (member.isBlobSchema()) return { headers, body: item as Uint8Array }
  return { headers, body: bytesOf(member.isStringSchema() ? String(item) : codec.writer(member)(item)) }
}

function readEvent(codec: BodyCodec, schema: NormalizedSchema, headers: MessageHeaders, body: Uint8Array): Members {
  const result: Members = {}
  let hasPayload = false
  for (const [name, member] of schema.structIterator()) {
    const { eventHeader, eventPayload } = member.getMergedTraits()
    if (eventHeader && headers[name] !== undefined) setOwn(result, name, readHeader(member, headers[name].value))
    if (!eventPayload) continue
    hasPayload = true
    if (member.isBlobSchema()) result[name] = body
    else result[name] = member.isStringSchema() ? Buffer.from(body).toString("utf8") : codec.reader(member)(body)
  }
  return hasPayload || body.length === 0 ? result : { ...(codec.reader(schema)(body) as Members), ...result }
}

function readHeader(schema: NormalizedSchema, value: MessageHeaderValue["value"]): unknown {
  // Long integers come as eight bytes in a wrapper of the codec's.
  if (schema.isNumericSchema()) return Number(value.valueOf())
  const isRight =
    (schema.isStringSchema() && typeof value === "string") ||
    (schema.isBooleanSchema() && typeof value === "boolean") ||
    (schema.isTimestampSchema() && value instanceof Date) ||
    (schema.isBlobSchema() && value instanceof Uint8Array)
  if (!isRight) throw malformedFault("A header of the event stream has another type than its member")
  return value
}

function headerValue(schema: NormalizedSchema, value: unknown): MessageHeaderValue {
  if (schema.isStringSchema()) return text(String(value))
  if (schema.isBooleanSchema()) return { type: "boolean", value: value as boolean }
  if (schema.isTimestampSchema()) return { type: "timestamp", value: value as Date }
  if (schema.isBlobSchema()) return { type: "binary", value: value as Uint8Array }
  return { type: "integer", value: value as number }
}

function text(value: string): MessageHeaderValue {
  return { type: "string", value }
}
