import * as logs from "@aws-sdk/client-cloudwatch-logs"
import type { NormalizedSchema } from "@smithy/core/schema"
import fc from "fast-check"
import { expect, test } from "vitest"
import { Fault } from "../fault.ts"
import { eventStreams } from "./event-stream.ts"
import { jsonCodec } from "./json-codec.ts"
import { serviceShape } from "./operation-shape.ts"

const schema: NormalizedSchema = serviceShape(logs).operation("StartLiveTail")!.output
const streams = eventStreams(jsonCodec("application/json", { renamesMembers: false }), { hasInitialMessage: false })
const events = [{ sessionStart: { sessionId: "a" } }, { sessionUpdate: { sessionResults: [{ message: "b" }] } }]

function written(source: AsyncIterable<object>): AsyncIterable<Uint8Array> {
  return streams.writeOutput(schema, { responseStream: source })!.body
}

function read(parts: readonly Uint8Array[]): Promise<unknown[]> {
  return Array.fromAsync(streams.readInput(schema, streamOf(parts)).responseStream as AsyncIterable<unknown>)
}

async function* streamOf<T>(items: readonly T[]): AsyncGenerator<T, void, void> {
  yield* items
}

test("events are read as they were written, however their bytes are cut", async () => {
  const bytes = Buffer.concat(await Array.fromAsync(written(streamOf(events))))
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: bytes.length }), { maxLength: 8 }), async (places) => {
      const cuts = [0, ...places.toSorted((a, b) => a - b), bytes.length]
      expect(await read(cuts.slice(1).map((cut, index) => bytes.subarray(cuts[index], cut)))).toEqual(events)
    }),
  )
})

test("a damaged stream is refused, whatever is wrong with it", async () => {
  const bytes = Buffer.concat(await Array.fromAsync(written(streamOf(events))))
  await expect(read([bytes.subarray(0, -1)])).rejects.toThrow("ended within a message")
  await expect(read([Buffer.from([0xff, 0xff, 0xff, 0xff])])).rejects.toThrow("impossible length")
  await expect(read([Buffer.from([0, 0, 0, 1])])).rejects.toThrow("impossible length")
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const damaged = Buffer.from(bytes)
      damaged[at]! ^= change
      await expect(read([damaged])).rejects.toThrow(Fault)
    }),
  )
})

test("an event is made when it is asked for, and not before", async () => {
  let made = 0
  async function* source() {
    for (;;) {
      made++
      yield { sessionStart: { sessionId: String(made) } }
    }
  }
  const consumer = written(source())[Symbol.asyncIterator]()
  expect(made).toBe(0)
  await consumer.next()
  await consumer.next()
  expect(made).toBe(2)
})

test("a consumer that goes away ends the source, also while the source has nothing to say", async () => {
  let isEnded = false
  const silent: AsyncIterable<object> = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise<never>(() => {}),
      return: async () => {
        isEnded = true
        return { done: true, value: undefined }
      },
    }),
  }
  const consumer = written(silent)[Symbol.asyncIterator]()
  void consumer.next()
  await consumer.return!()
  expect(isEnded).toBe(true)
  expect(await consumer.next()).toEqual({ done: true, value: undefined })
})

test("what goes wrong on our side breaks the stream instead of ending it", async () => {
  async function* broken(): AsyncGenerator<object> {
    yield { sessionStart: {} }
    throw new TypeError("ours")
  }
  await expect(Array.fromAsync(written(broken()))).rejects.toThrow("ours")
})
