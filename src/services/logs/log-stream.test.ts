import { expect, test } from "vitest"
import { makeStreams, putMessages, startLogs } from "./testing.ts"

test("a stream is shown with the times of its events, up to date at once", async () => {
  const region = await startLogs()
  const { logs, world, account } = region
  await makeStreams(region, "g", ["quiet", "s"])
  await putMessages(region, "g", "s", ["a", "b", "c"])

  const { logStreams } = await logs.describeLogStreams({ logGroupName: "g" })
  expect(logStreams).toEqual([
    expect.not.objectContaining({ firstEventTimestamp: expect.anything() }),
    {
      logStreamName: "s",
      creationTime: expect.any(Number),
      firstEventTimestamp: world.now() - 2,
      lastEventTimestamp: world.now(),
      lastIngestionTime: world.now(),
      uploadSequenceToken: expect.any(String),
      arn: `arn:aws:logs:us-east-1:${account}:log-group:g:log-stream:s`,
      storedBytes: 0,
    },
  ])
})

test("streams are in the order of their names, or of their last events, either way round, in pages", async () => {
  const region = await startLogs()
  const { logs } = region
  await makeStreams(region, "g", ["a1", "a2", "b"])
  await putMessages(region, "g", "a2", ["x"])
  await region.world.advance(5)
  await putMessages(region, "g", "a1", ["x"])

  const names = async (input: object) => {
    const found: string[] = []
    let nextToken: string | undefined
    do {
      const page = await logs.describeLogStreams({ logGroupName: "g", limit: 2, ...input, nextToken })
      found.push(...page.logStreams!.map(({ logStreamName }) => logStreamName!))
      nextToken = page.nextToken
    } while (nextToken !== undefined)
    return found
  }
  expect(await names({})).toEqual(["a1", "a2", "b"])
  expect(await names({ descending: true })).toEqual(["b", "a2", "a1"])
  expect(await names({ logStreamNamePrefix: "a" })).toEqual(["a1", "a2"])
  expect(await names({ orderBy: "LastEventTime" })).toEqual(["b", "a2", "a1"])
  expect(await names({ orderBy: "LastEventTime", descending: true })).toEqual(["a1", "a2", "b"])
  await expect(names({ orderBy: "LastEventTime", logStreamNamePrefix: "a" })).rejects.toThrow("Cannot order by")
})

test("a stream's name is taken once, and its events go with it", async () => {
  const region = await startLogs()
  const { logs } = region
  await makeStreams(region, "g", ["s"])
  await expect(logs.createLogStream({ logGroupName: "g", logStreamName: "s" })).rejects.toMatchObject({
    name: "ResourceAlreadyExistsException",
    message: "The specified log stream already exists",
  })
  await expect(logs.createLogStream({ logGroupName: "g", logStreamName: "a:b" })).rejects.toThrow("[^:*]*")
  await putMessages(region, "g", "s", ["old"])
  await logs.deleteLogStream({ logGroupName: "g", logStreamName: "s" })
  expect((await logs.filterLogEvents({ logGroupName: "g" })).events).toEqual([])
  await expect(logs.getLogEvents({ logGroupName: "g", logStreamName: "s" })).rejects.toThrow(
    "The specified log stream does not exist.",
  )
  await logs.createLogStream({ logGroupName: "g", logStreamName: "s" })
  expect((await logs.getLogEvents({ logGroupName: "g", logStreamName: "s" })).events).toEqual([])
})
