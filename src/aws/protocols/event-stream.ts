import { EventStreamCodec } from "@smithy/core/event-streams"
import type { NormalizedSchema } from "@smithy/core/schema"
import { fromUtf8, toUtf8 } from "@smithy/core/serde"
import { Fault } from "../fault.ts"
import { type BodyCodec, bytesOf } from "./body-codec.ts"
import { type EventUnion, eventUnion, type Message } from "./event-message.ts"
import { splitMessages } from "./event-split.ts"
import { malformedFault } from "./malformed.ts"

type Members = Record<string, unknown>

/** Operations whose output, or input, has a member that is a stream of events: live tails, exec sessions. */
export interface EventStreams {
  /** The member that holds the stream, if this shape has one. */
  member(schema: NormalizedSchema): string | undefined

  /**
   * The input, with its events read as they arrive. Members that an RPC protocol sends ahead of the events are not
   * there: no operation that we know has any.
   */
  readInput(schema: NormalizedSchema, body: AsyncIterable<Uint8Array>): Members

  /** Undefined when nothing in this output is a stream of events. */
  writeOutput(schema: NormalizedSchema, output: Members): EventResponse | undefined
}

export interface EventResponse {
  readonly headers: Readonly<Record<string, string>>
  readonly body: AsyncIterable<Uint8Array>
}

/** RPC protocols have nowhere to put the members beside the stream, so they go first, in a message of their own. */
export function eventStreams(codec: BodyCodec, { hasInitialMessage }: { hasInitialMessage: boolean }): EventStreams {
  const messages = new EventStreamCodec(toUtf8, fromUtf8)
  const streamMember = (schema: NormalizedSchema) => schema.getEventStreamMember() || undefined

  function unionOf(schema: NormalizedSchema, member: string): EventUnion {
    return eventUnion(codec, schema.getMemberSchema(member))
  }

  return {
    member: streamMember,

    readInput(schema, body) {
      const member = streamMember(schema)
      if (member === undefined) throw malformedFault("This operation does not take a stream")
      return { [member]: readEvents(body, unionOf(schema, member)) }
    },

    writeOutput(schema, output) {
      const member = streamMember(schema)
      if (member === undefined) return undefined
      const { [member]: events, ...others } = output
      const initial = hasInitialMessage ? initialMessage(schema, others) : undefined
      const body = writeEvents(events as AsyncIterable<Members>, unionOf(schema, member), initial)
      return { headers: { "content-type": "application/vnd.amazon.eventstream" }, body }
    },
  }

  function initialMessage(schema: NormalizedSchema, members: Members): Message {
    const headers = {
      ":event-type": { type: "string", value: "initial-response" },
      ":message-type": { type: "string", value: "event" },
      ":content-type": { type: "string", value: codec.contentType },
    } as const
    return { headers, body: bytesOf(codec.writer(schema)(members)) }
  }

  /** One message at a time, when it is asked for. A consumer that stops ends the source too, even while it waits. */
  function writeEvents(
    events: AsyncIterable<Members>,
    union: EventUnion,
    initial?: Message,
  ): AsyncIterable<Uint8Array> {
    return {
      [Symbol.asyncIterator]() {
        const source = events[Symbol.asyncIterator]()
        let first = initial
        let isOver = false

        return {
          async next() {
            if (isOver) return { done: true, value: undefined }
            if (first !== undefined) {
              const value = messages.encode(first)
              first = undefined
              return { done: false, value }
            }
            try {
              const event = await source.next()
              if (event.done) isOver = true
              return event.done
                ? { done: true, value: undefined }
                : { done: false, value: messages.encode(union.write(event.value)) }
            } catch (problem) {
              isOver = true
              if (problem instanceof Fault) return { done: false, value: messages.encode(union.writeFault(problem)) }
              throw problem
            }
          },

          async return() {
            isOver = true
            await source.return?.()
            return { done: true, value: undefined }
          },
        }
      },
    }
  }

  async function* readEvents(body: AsyncIterable<Uint8Array>, union: EventUnion): AsyncGenerator<Members, void, void> {
    for await (const bytes of splitMessages(body)) {
      const event = union.read(decode(bytes))
      if (event !== undefined) yield event
    }
  }

  function decode(bytes: Uint8Array): Message {
    try {
      return messages.decode(bytes)
    } catch {
      throw malformedFault("A message of the event stream is damaged")
    }
  }
}
