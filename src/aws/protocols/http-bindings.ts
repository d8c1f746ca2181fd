import { NormalizedSchema } from "@smithy/core/schema"
import { type Body, type HttpRequest, type HttpResponse, NO_BODY } from "../http.ts"
import type { BodyCodec } from "./body-codec.ts"
import { eventStreams } from "./event-stream.ts"
import { type HeaderBinding, headerBinding } from "./header-bindings.ts"
import { Once } from "./once.ts"
import type { OperationShape } from "./protocol.ts"
import { requestLineReader } from "./request-line.ts"
import { refuseMissing } from "./required.ts"

type Members = Record<string, unknown>

/**
 * The part of the REST protocols that does not depend on how bodies are written: which member of a shape stands in the
 * path, the query, a header or the status, which one is the payload, and which ones are left for the body.
 */
export interface HttpBindings {
  readInput(operation: OperationShape, request: HttpRequest, body: Body): Members

  /** Everything but the header with the request's id, which each protocol spells its own way. */
  writeOutput(operation: OperationShape, output: Members): HttpResponse

  /** An error's members may stand in headers too; the protocol puts the others into a body of its own form. */
  writeErrorHeaders(error: NormalizedSchema, members: Members): Record<string, string>
}

export function httpBindings(codec: BodyCodec): HttpBindings {
  const streams = eventStreams(codec, { hasInitialMessage: false })
  const shapes = new Once(bindingsOf)
  const requestLines = new WeakMap<OperationShape, ReturnType<typeof requestLineReader>>()

  return {
    readInput(operation, request, body) {
      const bindings = shapes.of(operation.input)
      const input = readBody(bindings, operation, body)
      for (const header of bindings.headers) header.read(request.headers, input)
      requestLineOf(operation)(request, input)
      refuseMissing(operation, input)
      return input
    },

    writeOutput(operation, output) {
      const { headers: bound, status, payload, body } = shapes.of(operation.output)
      const headers: Record<string, string> = {}
      const response =
        payload !== undefined ? writePayload(payload, operation, output, headers) : writeMembers(body, output, headers)
      for (const header of bound) header.write(output, headers)
      const own = status === undefined ? undefined : (output[status] as number | undefined)
      return { status: own ?? operation.http?.[2] ?? 200, headers, body: response }
    },

    writeErrorHeaders(error, members) {
      const headers: Record<string, string> = {}
      for (const header of shapes.of(error).headers) header.write(members, headers)
      return headers
    },
  }

  function requestLineOf(operation: OperationShape): ReturnType<typeof requestLineReader> {
    const known = requestLines.get(operation)
    if (known !== undefined) return known
    const made = requestLineReader(operation)
    requestLines.set(operation, made)
    return made
  }

  function readBody({ payload, body: unbound }: Bindings, operation: OperationShape, body: Body): Members {
    if (payload === undefined) {
      if (unbound === undefined || !(body instanceof Uint8Array) || body.length === 0) return {}
      return codec.reader(unbound)(body) as Members
    }
    const { name, schema } = payload
    if (streams.member(operation.input) === name) return streams.readInput(operation.input, streamOf(body))
    if (schema.isStreaming()) return { [name]: body }
    if (!(body instanceof Uint8Array) || body.length === 0) return {}
    return { [name]: readPayload(schema, body) }
  }

  function readPayload(schema: NormalizedSchema, body: Uint8Array): unknown {
    if (schema.isBlobSchema()) return body
    if (schema.isStringSchema()) return Buffer.from(body).toString("utf8")
    return codec.reader(schema)(body)
  }

  function writePayload(
    { name, schema }: Payload,
    { output: shape }: OperationShape,
    output: Members,
    headers: Record<string, string>,
  ) {
    const events = streams.writeOutput(shape, output)
    if (events !== undefined) {
      Object.assign(headers, events.headers)
      return events.body
    }
    const value = output[name]
    if (value === undefined || value === null) return NO_BODY
    headers["content-type"] = payloadType(schema)
    if (schema.isBlobSchema()) return value as Uint8Array | AsyncIterable<Uint8Array>
    if (schema.isStringSchema()) return String(value)
    return codec.writer(schema)(value)
  }

  function payloadType(schema: NormalizedSchema): string {
    const { mediaType } = schema.getMergedTraits()
    if (mediaType !== undefined) return mediaType
    if (schema.isBlobSchema()) return "application/octet-stream"
    return schema.isStringSchema() ? "text/plain" : codec.contentType
  }

  function writeMembers(unbound: NormalizedSchema | undefined, output: Members, headers: Record<string, string>) {
    if (unbound === undefined) return NO_BODY
    headers["content-type"] = codec.contentType
    return codec.writer(unbound)(output)
  }
}

/** Where each member of one shape stands. */
interface Bindings {
  readonly headers: readonly HeaderBinding[]

  /** The member that is the response's status. */
  readonly status: string | undefined
  readonly payload: Payload | undefined

  /** A structure of what is bound to nothing; undefined when nothing is left. */
  readonly body: NormalizedSchema | undefined
}

interface Payload {
  readonly name: string
  readonly schema: NormalizedSchema
}

function bindingsOf(schema: NormalizedSchema): Bindings {
  const members = [...schema.structIterator()]
  const [name, payload] = members.find(([, member]) => member.getMergedTraits().httpPayload || isStream(member)) ?? []
  return {
    headers: members.flatMap(([name, member]) => headerBinding(name, member) ?? []),
    status: members.find(([, member]) => member.getMergedTraits().httpResponseCode)?.[0],
    payload: name === undefined || payload === undefined ? undefined : { name, schema: payload },
    body: unboundStructure(schema, members),
  }
}

function isStream(schema: NormalizedSchema): boolean {
  return schema.isStreaming()
}

/** The structure without the members that stand elsewhere, under the same name, which XML needs for the root. */
export function unboundStructure(
  schema: NormalizedSchema,
  members: readonly (readonly [string, NormalizedSchema])[] = [...schema.structIterator()],
): NormalizedSchema | undefined {
  const unbound = members.filter(([, member]) => !isBound(member))
  if (unbound.length === 0) return undefined
  const [kind, namespace, name, traits] = schema.getSchema() as unknown as [number, string, string, unknown]
  const names = unbound.map(([name]) => name)
  return NormalizedSchema.of([
    kind,
    namespace,
    name,
    traits,
    names,
    unbound.map(([, member]) => member.ref),
    0,
  ] as never)
}

function isBound(schema: NormalizedSchema): boolean {
  const { httpLabel, httpQuery, httpQueryParams, httpHeader, httpPrefixHeaders, httpPayload, httpResponseCode } =
    schema.getMergedTraits()
  const places = [httpLabel, httpQuery, httpQueryParams, httpHeader, httpPayload, httpResponseCode]
  return places.some(Boolean) || httpPrefixHeaders !== undefined
}

function streamOf(body: Body): AsyncIterable<Uint8Array> {
  if (!(body instanceof Uint8Array)) return body
  return (async function* () {
    yield body
  })()
}
