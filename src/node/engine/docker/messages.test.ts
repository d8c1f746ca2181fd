import fc from "fast-check"
import { expect, test } from "vitest"
import { framesOf } from "./frames.ts"
import { formatPlace, type Message, messagesOf, parsePlace } from "./messages.ts"

const STREAMS = ["stdout", "stderr"] as const

test("frames come out whole however they were cut on the way", async () => {
  const frame = fc.tuple(fc.constantFrom(...STREAMS), fc.uint8Array({ maxLength: 40 }))
  await fc.assert(
    fc.asyncProperty(fc.array(frame), fc.array(fc.nat(20)), async (frames, cuts) => {
      const sent = Buffer.concat(frames.map(([stream, bytes]) => framed(stream, Buffer.from(bytes))))
      const got: [string, number[]][] = []
      for await (const { stream, bytes } of framesOf(cut(sent, cuts))) got.push([stream, [...bytes]])
      expect(got).toEqual(frames.map(([stream, bytes]) => [stream, [...bytes]]))
    }),
  )
})

test("from any place the rest follows, also where many messages have one time", async () => {
  const times = [1, 1, 1, 2, 2, 5].map((nanos) => `2026-01-01T00:00:00.00000000${nanos}Z`)
  const log = times.map((time, index) => framed(STREAMS[index % 2]!, Buffer.from(`${time} ${index}\n`)))
  const all = await readAll(log, undefined)
  expect(all.map(textOf)).toEqual(["0\n", "1\n", "2\n", "3\n", "4\n", "5\n"])
  for (const [index, { place }] of all.entries()) {
    const rest = await readAll(log, parsePlace(formatPlace(place)))
    expect(rest.map(textOf)).toEqual(all.slice(index + 1).map(textOf))
    expect(rest.every(({ lostBytes }) => lostBytes === 0)).toBe(true)
  }
})

test("a place whose message Docker has dropped is gone on from with what is left, and the gap is said", async () => {
  const log = [3, 4].map((second) => framed("stdout", Buffer.from(`2026-01-01T00:00:0${second}.5Z ${second}\n`)))
  const place = { seconds: Date.UTC(2026, 0, 1) / 1000 + 1, nanoseconds: "000000000", count: 4 }
  const rest = await readAll(log, place)
  expect(rest.map(({ lostBytes }) => lostBytes)).toEqual([1, 0])
  expect(rest.map(textOf)).toEqual(["3\n", "4\n"])
  expect(rest[0]!.at).toBe(Date.UTC(2026, 0, 1, 0, 0, 3, 500))
})

test("what a terminal says comes line by line, and a line that is too long in parts", async () => {
  const time = "2026-01-01T00:00:00.000000001Z "
  const long = "x".repeat(16_384)
  const sent = Buffer.from(`${time}short\r\n${time}${long}${time}tail\r\n`)
  const messages: Message[] = []
  for await (const message of messagesOf(cut(sent, [5, 40, 9000]), true, undefined)) messages.push(message)
  expect(messages.map(textOf)).toEqual(["short\r\n", long, "tail\r\n"])
})

function framed(stream: (typeof STREAMS)[number], bytes: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head[0] = stream === "stdout" ? 1 : 2
  head.writeUInt32BE(bytes.length, 4)
  return Buffer.concat([head, bytes])
}

async function* cut(bytes: Buffer, lengths: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0
  for (const length of lengths) {
    yield bytes.subarray(at, at + length)
    at += length
  }
  yield bytes.subarray(at)
}

async function readAll(log: readonly Buffer[], from: Parameters<typeof messagesOf>[2]): Promise<Message[]> {
  const messages: Message[] = []
  for await (const message of messagesOf(cut(Buffer.concat(log), []), false, from)) messages.push(message)
  return messages
}

function textOf({ bytes }: Message): string {
  return Buffer.from(bytes).toString()
}
