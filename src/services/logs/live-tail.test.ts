import type { LiveTailSessionUpdate } from "@aws-sdk/client-cloudwatch-logs"
import { expect, test } from "vitest"
import { type LogsWorld, makeStreams, putMessages, startLogs } from "./testing.ts"

async function tail(region: LogsWorld, input: object = {}) {
  const logGroupIdentifiers = [`arn:aws:logs:us-east-1:${region.account}:log-group:g`]
  const gone = new AbortController()
  const request = { logGroupIdentifiers, ...input }
  const { responseStream } = await region.logs.startLiveTail(request, { abortSignal: gone.signal })
  const events = responseStream![Symbol.asyncIterator]()
  const { value: start } = await events.next()
  return {
    start: start.sessionStart!,
    end: () => gone.abort(),
    async update() {
      const [{ value }] = await Promise.all([events.next(), region.world.advance(1_000)])
      return value!.sessionUpdate as LiveTailSessionUpdate
    },
  }
}

test("a session begins with what was asked for, and each second shows what came in it", async () => {
  const region = await startLogs()
  await makeStreams(region, "g", ["s"])
  await putMessages(region, "g", "s", ["before"])
  const session = await tail(region, { logEventFilterPattern: "ERROR" })
  expect(session.start).toMatchObject({
    logGroupIdentifiers: [`arn:aws:logs:us-east-1:${region.account}:log-group:g`],
    logEventFilterPattern: "ERROR",
    sessionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  })

  await putMessages(region, "g", "s", ["ERROR 1", "fine", "ERROR 2"])
  const { sessionResults, sessionMetadata } = await session.update()
  expect(sessionMetadata).toEqual({ sampled: false })
  expect(sessionResults!.map(({ message }) => message)).toEqual(["ERROR 1", "ERROR 2"])
  expect(sessionResults![0]).toMatchObject({
    logStreamName: "s",
    logGroupIdentifier: `arn:aws:logs:us-east-1:${region.account}:log-group:g`,
  })
  expect((await session.update()).sessionResults).toEqual([])
  session.end()
})

test("of more than five hundred events in a second a sample is shown", async () => {
  const region = await startLogs()
  await makeStreams(region, "g", ["s"])
  const session = await tail(region)
  const messages = Array.from({ length: 2_000 }, (_, number) => `${number}`)
  await putMessages(region, "g", "s", messages)
  const { sessionResults, sessionMetadata } = await session.update()
  expect(sessionMetadata).toEqual({ sampled: true })
  expect(sessionResults).toHaveLength(500)
  expect(Math.max(...sessionResults!.map(({ message }) => Number(message)))).toBeGreaterThan(1_500)
  session.end()
})

test("streams are chosen by name or by prefix, also those that are made later", async () => {
  const region = await startLogs()
  await makeStreams(region, "g", ["web/1", "db/1"])
  const session = await tail(region, { logStreamNamePrefixes: ["web/"] })
  await region.logs.createLogStream({ logGroupName: "g", logStreamName: "web/2" })
  for (const name of ["web/1", "db/1", "web/2"]) await putMessages(region, "g", name, [name])
  const { sessionResults } = await session.update()
  expect(sessionResults!.map(({ message }) => message).sort()).toEqual(["web/1", "web/2"])
  session.end()
  const logStreamNames = ["web/1"]
  await expect(tail(region, { logStreamNames, logStreamNamePrefixes: ["a"] })).rejects.toThrow("mutually exclusive")
})

test("an account has at most fifteen sessions, and one that ends makes room", async () => {
  const region = await startLogs()
  await makeStreams(region, "g", ["s"])
  const sessions = []
  for (let count = 0; count < 15; count++) sessions.push(await tail(region))
  await expect(tail(region)).rejects.toMatchObject({ name: "LimitExceededException" })
  sessions[0]!.end()
  await region.world.settle()
  sessions[0] = await tail(region)
  for (const session of sessions) session.end()
})

test("a session ends after three hours, and says so", async () => {
  const region = await startLogs()
  await makeStreams(region, "g", ["s"])
  const session = await tail(region)
  await region.world.advance(3 * 3_600_000)
  await expect(session.update()).rejects.toMatchObject({ name: "SessionTimeoutException" })
})

test("a group that is not there cannot be followed, and neither can eleven", async () => {
  const region = await startLogs()
  await expect(tail(region)).rejects.toMatchObject({ name: "ResourceNotFoundException" })
  const eleven = Array.from({ length: 11 }, (_, number) => `g${number}`)
  await expect(tail(region, { logGroupIdentifiers: eleven })).rejects.toMatchObject({
    name: "InvalidParameterException",
  })
})
