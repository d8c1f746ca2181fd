import { EventStreamCodec } from "@smithy/core/event-streams"
import type { NormalizedSchema } from "@smithy/core/schema"
import { fromUtf8, toUtf8 } from "@smithy/core/serde"
import { assert } from "../../base/assert.ts"
import { Fault } from "../fault.ts"
import { type BodyCodec, bytesOf } from "./body-codec.ts"
import { type EventUnion, eventUnion, type Message } from "./event-message.ts"
import { splitMessages } from "./event-split.ts"
import { malformedFault } from "./malformed.ts"
import { Once } from "./once.ts"

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
  const streams = new Once((schema) => {
    const name = schema.getEventStreamMember()
    return { stream: name === "" ? undefined : { name, union: eventUnion(codec, schema.getMemberSchema(name)) } }
  })

  return {
    member: (schema) => streams.of(schema).stream?.name,

    readInput(schema, body) {
      const { stream } = streams.of(schema)
      if (stream === undefined) throw malformedFault("This operation does not take a stream")
      return { [stream.name]: readEvents(body, stream.union) }
    },

    writeOutput(schema, output) {
      const { stream } = streams.of(schema)
      if (stream === undefined) return undefined
      const { [stream.name]: events, ...others } = output
      // Told in time: once the answer has begun it could only break off.
      assert(events !== undefined, `an operation answered without its event stream ${stream.name}`)
      const initial = hasInitialMessage ? initialMessage(codec, schema, others) : undefined
      const body = writeEvents(events as AsyncIterable<Members>, stream.union, initial)
      return { headers: { "content-type": "application/vnd.amazon.eventstream" }, body }
    },
  }
}

const messages = new EventStreamCodec(toUtf8, fromUtf8)

function initialMessage(codec: BodyCodec, schema: NormalizedSchema, members: Members): Message {
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
  initial: Message | undefined,
): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => new EventWriter(events[Symbol.asyncIterator](), union, initial) }
}

/** An async generator would not do: it cannot be ended while it waits for the next event. */
class EventWriter implements AsyncIterator<Uint8Array, undefined> {
  readonly #source: AsyncIterator<Members>
  readonly #union: EventUnion
  #initial: Message | undefined
  #isOver = false

  constructor(source: AsyncIterator<Members>, union: EventUnion, initial: Message | undefined) {
    this.#source = source
    this.#union = union
    this.#initial = initial
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#isOver) return OVER
    const message = this.#initial ?? (await this.#nextMessage())
    this.#initial = undefined
    return message === undefined ? OVER : { done: false, value: messages.encode(message) }
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#isOver = true
    await this.#source.return?.()
    return OVER
  }

  /** A fault is the last message of its stream. Anything else that is thrown is ours, and breaks the response off. */
  async #nextMessage(): Promise<Message | undefined> {
    try {
      const event = await this.#source.next()
      if (!event.done) return this.#union.write(event.value)
      this.#isOver = true
      return undefined
    } catch (problem) {
      await this.return()
      if (problem instanceof Fault) return this.#union.writeFault(problem)
      throw problem
    }
  }
}

const OVER = { done: true, value: undefined } as const

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
