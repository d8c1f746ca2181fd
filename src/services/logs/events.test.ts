import { expect, test } from "vitest"
import { StoreUnavailable } from "./segments/event-store.ts"
import { memoryEventStore } from "./segments/memory.ts"
import { type LogsWorld, makeStreams, putMessages, startLogs } from "./testing.ts"

const HOUR_MS = 3_600_000
const stream = { logGroupName: "g", logStreamName: "s" }

async function oneStream(): Promise<LogsWorld> {
  const region = await startLogs()
  await makeStreams(region, "g", ["s"])
  return region
}

test.each([
  ["Log events in a single PutLogEvents request must be in chronological order.", [2, 1]],
  ["The batch of log events in a single PutLogEvents request cannot span more than 24 hours.", [-25 * HOUR_MS, 0]],
])("%s", async (message, offsets) => {
  const { logs, world } = await oneStream()
  const logEvents = offsets.map((offset) => ({ timestamp: world.now() + offset, message: "x" }))
  await expect(logs.putLogEvents({ ...stream, logEvents })).rejects.toMatchObject({
    name: "InvalidParameterException",
    message,
  })
})

test("a batch has at most a mebibyte, with 26 bytes more for each event", async () => {
  const { logs, world } = await oneStream()
  const put = (length: number) =>
    logs.putLogEvents({ ...stream, logEvents: [{ timestamp: world.now(), message: "x".repeat(length) }] })
  await put(1_048_576 - 26)
  await expect(put(1_048_576 - 25)).rejects.toThrow("Upload too large: 1048577 bytes exceeds limit of 1048576")
  const many = Array.from({ length: 10_001 }, () => ({ timestamp: world.now(), message: "x" }))
  await expect(logs.putLogEvents({ ...stream, logEvents: many })).rejects.toThrow("less than or equal to 10000")
  await expect(logs.putLogEvents({ ...stream, logEvents: [] })).rejects.toThrow("greater than or equal to 1")
  const empty = [{ timestamp: world.now(), message: "" }]
  await expect(logs.putLogEvents({ ...stream, logEvents: empty })).rejects.toThrow("logEvents.1.member.message")
})

test("what is too old or too new is left out and told, and the rest is kept", async () => {
  const { logs, world } = await oneStream()
  const at = (offset: number) => ({ timestamp: world.now() + offset, message: `${offset}` })
  const old = await logs.putLogEvents({
    ...stream,
    logEvents: [at(-14 * 24 * HOUR_MS - 2), at(-14 * 24 * HOUR_MS - 1), at(-14 * 24 * HOUR_MS + 1000)],
  })
  expect(old.rejectedLogEventsInfo).toEqual({ tooOldLogEventEndIndex: 2 })
  const young = await logs.putLogEvents({ ...stream, logEvents: [at(0), at(2 * HOUR_MS), at(2 * HOUR_MS + 1000)] })
  expect(young.rejectedLogEventsInfo).toEqual({ tooNewLogEventStartIndex: 2 })
  expect((await logs.filterLogEvents({ logGroupName: "g" })).events).toHaveLength(3)
})

test("whatever sequence token is sent, the events are taken", async () => {
  const { logs, world } = await oneStream()
  const logEvents = [{ timestamp: world.now(), message: "x" }]
  const { nextSequenceToken } = await logs.putLogEvents({ ...stream, logEvents, sequenceToken: "anything" })
  expect(nextSequenceToken).toEqual(expect.any(String))
})

test("GetLogEvents starts at the end, or at the head, and a token that leads nowhere comes back as it is", async () => {
  const region = await oneStream()
  const { logs } = region
  await putMessages(region, "g", "s", ["1", "2", "3", "4", "5"])
  const get = async (input: object) => {
    const { events, nextForwardToken, nextBackwardToken } = await logs.getLogEvents({ ...stream, ...input })
    return { found: events!.map(({ message }) => message), forward: nextForwardToken, back: nextBackwardToken }
  }

  const end = await get({ limit: 2 })
  expect(end.found).toEqual(["4", "5"])
  expect(end.forward).toMatch(/^f\/\d{56}\/s$/)
  const before = await get({ limit: 2, nextToken: end.back })
  expect(before.found).toEqual(["2", "3"])
  const first = await get({ limit: 2, nextToken: before.back })
  expect(first.found).toEqual(["1"])
  const nothing = await get({ limit: 2, nextToken: first.back })
  expect(nothing).toMatchObject({ found: [], back: first.back })
  expect((await get({ nextToken: nothing.forward })).found).toEqual(["1", "2", "3", "4", "5"])

  const head = await get({ limit: 3, startFromHead: true })
  expect(head.found).toEqual(["1", "2", "3"])
  const rest = await get({ startFromHead: true, nextToken: head.forward })
  expect(rest.found).toEqual(["4", "5"])
  const over = await get({ startFromHead: true, nextToken: rest.forward })
  expect(over).toMatchObject({ found: [], forward: rest.forward })
  await putMessages(region, "g", "s", ["6"])
  expect((await get({ startFromHead: true, nextToken: over.forward })).found).toEqual(["6"])
  await expect(get({ nextToken: "made-up" })).rejects.toThrow("The specified nextToken is invalid.")
})

test("a token of an empty stream leads to what comes later", async () => {
  const region = await oneStream()
  const { nextForwardToken } = await region.logs.getLogEvents(stream)
  await putMessages(region, "g", "s", ["1"])
  const { events } = await region.logs.getLogEvents({ ...stream, nextToken: nextForwardToken! })
  expect(events).toHaveLength(1)
})

test("GetLogEvents leaves out its end time, FilterLogEvents does not", async () => {
  const region = await oneStream()
  const { logs, world } = region
  await putMessages(region, "g", "s", ["1", "2", "3"])
  const times = { startTime: world.now() - 1, endTime: world.now() }
  expect((await logs.getLogEvents({ ...stream, ...times })).events!.map(({ message }) => message)).toEqual(["2"])
  const filtered = await logs.filterLogEvents({ logGroupName: "g", ...times })
  expect(filtered.events!.map(({ message }) => message)).toEqual(["2", "3"])
})

test("an answer has at most a mebibyte of events", async () => {
  const region = await oneStream()
  const { logs, world } = region
  for (let number = 0; number < 4; number++) {
    await putMessages(region, "g", "s", [String(number).repeat(400_000)])
    await world.advance(1)
  }
  const { events, nextForwardToken } = await logs.getLogEvents({ ...stream, startFromHead: true })
  expect(events).toHaveLength(2)
  const rest = await logs.getLogEvents({ ...stream, startFromHead: true, nextToken: nextForwardToken! })
  expect(rest.events).toHaveLength(2)
  const page = await logs.filterLogEvents({ logGroupName: "g" })
  expect(page.events).toHaveLength(2)
  expect((await logs.filterLogEvents({ logGroupName: "g", nextToken: page.nextToken! })).events).toHaveLength(2)
})

test("FilterLogEvents interleaves streams by time, page by page, each event once and with an id of its own", async () => {
  const region = await startLogs()
  const { logs } = region
  await makeStreams(region, "g", ["a", "b", "other"])
  await putMessages(region, "g", "a", ["a1", "a2", "a3", "a4"])
  await putMessages(region, "g", "b", ["b1", "b2", "b3", "b4"])
  await putMessages(region, "g", "other", ["o"])

  const all = async (input: object) => {
    const found: { message?: string | undefined; eventId?: string | undefined }[] = []
    let nextToken: string | undefined
    do {
      const page = await logs.filterLogEvents({ logGroupName: "g", limit: 3, ...input, nextToken })
      expect(page.events!.length).toBeLessThanOrEqual(3)
      found.push(...page.events!)
      nextToken = page.nextToken
    } while (nextToken !== undefined)
    return found
  }
  const found = await all({ logStreamNames: ["a", "b"] })
  expect(found.map(({ message }) => message)).toEqual(["a1", "b1", "a2", "b2", "a3", "b3", "a4", "b4"])
  expect(new Set(found.map(({ eventId }) => eventId)).size).toBe(8)
  expect(found.map(({ eventId }) => eventId)).toEqual(found.map(({ eventId }) => eventId).toSorted())
  expect(found[0]!.eventId).toMatch(/^\d{56}$/)
  expect((await all({ logStreamNamePrefix: "o" })).map(({ message }) => message)).toEqual(["o"])
  expect((await all({ filterPattern: "?3 ?o" })).map(({ message }) => message)).toEqual(["a3", "b3", "o"])
  const reversed = await all({ logStreamNames: ["a"], startFromHead: false })
  expect(reversed.map(({ message }) => message)).toEqual(["a4", "a3", "a2", "a1"])
  await expect(all({ logStreamNames: ["a"], logStreamNamePrefix: "a" })).rejects.toThrow("mutually exclusive")
  await expect(all({ filterPattern: "a:b" })).rejects.toMatchObject({
    name: "InvalidParameterException",
    message: "Invalid filter pattern: Invalid character(s) in term 'a:b'",
  })
})

test("who asks again from the last time seen, as `aws logs tail --follow` does, sees each event once by its id", async () => {
  const region = await startLogs()
  const { logs, world } = region
  await makeStreams(region, "g", ["a", "b"])
  const seen = new Map<string, string>()
  let startTime = world.now()
  for (let round = 0; round < 20; round++) {
    await putMessages(region, "g", round % 2 === 0 ? "a" : "b", [`${round}`])
    if (round % 3 === 0) await world.advance(1)
    let nextToken: string | undefined
    do {
      const page = await logs.filterLogEvents({ logGroupName: "g", startTime, interleaved: true, limit: 2, nextToken })
      for (const { eventId, message, timestamp } of page.events!) {
        expect(seen.get(eventId!) ?? message).toBe(message)
        seen.set(eventId!, message!)
        startTime = Math.max(startTime, timestamp!)
      }
      nextToken = page.nextToken
    } while (nextToken !== undefined)
  }
  expect([...seen.values()].map(Number).sort((a, b) => a - b)).toEqual([...Array(20).keys()])
})

test("a group is found by its ARN too, and by one name only", async () => {
  const region = await oneStream()
  const { logs, account } = region
  await putMessages(region, "g", "s", ["1"])
  const logGroupIdentifier = `arn:aws:logs:us-east-1:${account}:log-group:g`
  expect((await logs.filterLogEvents({ logGroupIdentifier })).events).toHaveLength(1)
  expect((await logs.getLogEvents({ logGroupIdentifier, logStreamName: "s" })).events).toHaveLength(1)
  await expect(logs.filterLogEvents({ logGroupIdentifier, logGroupName: "g" })).rejects.toThrow("mutually exclusive")
  await expect(logs.filterLogEvents({})).rejects.toMatchObject({ name: "InvalidParameterException" })
})

test("events that cannot be stored are refused as something to try again", async () => {
  const full = { ...memoryEventStore(), append: () => Promise.reject(new StoreUnavailable("The disk is full.")) }
  const region = await startLogs(full)
  await makeStreams(region, "g", ["s"])
  await expect(putMessages(region, "g", "s", ["x"])).rejects.toMatchObject({
    name: "ServiceUnavailableException",
    message: "The disk is full.",
    $metadata: { httpStatusCode: 503 },
  })
})
