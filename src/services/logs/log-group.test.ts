import { expect, test } from "vitest"
import { makeStreams, putMessages, startLogs } from "./testing.ts"

test("a group is shown with its ARNs as AWS writes them", async () => {
  const { logs, account, world } = await startLogs()
  await logs.createLogGroup({ logGroupName: "/ecs/shop", tags: { team: "a" } })

  const { logGroups } = await logs.describeLogGroups({})
  expect(logGroups).toEqual([
    {
      logGroupName: "/ecs/shop",
      creationTime: expect.any(Number),
      metricFilterCount: 0,
      arn: `arn:aws:logs:us-east-1:${account}:log-group:/ecs/shop:*`,
      logGroupArn: `arn:aws:logs:us-east-1:${account}:log-group:/ecs/shop`,
      storedBytes: 0,
      logGroupClass: "STANDARD",
      deletionProtectionEnabled: false,
    },
  ])
  expect(logGroups![0]!.creationTime).toBeLessThanOrEqual(world.now())
})

test("a group's name is taken once, and has only the characters that AWS allows", async () => {
  const { logs } = await startLogs()
  await logs.createLogGroup({ logGroupName: "a" })

  await expect(logs.createLogGroup({ logGroupName: "a" })).rejects.toMatchObject({
    name: "ResourceAlreadyExistsException",
    message: "The specified log group already exists",
  })
  await expect(logs.createLogGroup({ logGroupName: "a b" })).rejects.toMatchObject({
    name: "InvalidParameterException",
    message:
      "1 validation error detected: Value 'a b' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+",
  })
  await expect(logs.createLogGroup({ logGroupName: "x".repeat(513) })).rejects.toThrow("less than or equal to 512")
})

test("what could not be kept is refused when it is asked for", async () => {
  const { logs } = await startLogs()
  await expect(logs.createLogGroup({ logGroupName: "a", kmsKeyId: "arn:aws:kms:::key/1" })).rejects.toThrow("kmsKeyId")
  await expect(logs.createLogGroup({ logGroupName: "a", logGroupClass: "DELIVERY" })).rejects.toThrow("DELIVERY")
  const unknown = { name: "NotImplemented" }
  const input = { logGroupName: "a", filterName: "f", filterPattern: "", destinationArn: "arn:aws:lambda:::f" }
  await expect(logs.putSubscriptionFilter(input)).rejects.toMatchObject({
    ...unknown,
    message: "Homeport does not have logs:PutSubscriptionFilter yet.",
  })
  await expect(logs.associateKmsKey({ kmsKeyId: "k" })).rejects.toMatchObject(unknown)
  await expect(logs.startQuery({ queryString: "q", startTime: 0, endTime: 1 })).rejects.toMatchObject(unknown)
})

test("groups are listed by prefix or by pattern, in pages", async () => {
  const { logs } = await startLogs()
  for (const logGroupName of ["/ecs/a", "/ecs/b", "/ecs/c", "/lambda/a"]) await logs.createLogGroup({ logGroupName })

  const first = await logs.describeLogGroups({ logGroupNamePrefix: "/ecs/", limit: 2 })
  expect(first.logGroups!.map(({ logGroupName }) => logGroupName)).toEqual(["/ecs/a", "/ecs/b"])
  const second = await logs.describeLogGroups({ logGroupNamePrefix: "/ecs/", limit: 2, nextToken: first.nextToken! })
  expect(second.logGroups!.map(({ logGroupName }) => logGroupName)).toEqual(["/ecs/c"])
  expect(second.nextToken).toBeUndefined()

  const found = await logs.describeLogGroups({ logGroupNamePattern: "/a" })
  expect(found.logGroups!.map(({ logGroupName }) => logGroupName)).toEqual(["/ecs/a", "/lambda/a"])
  expect(found.logGroups![0]).not.toHaveProperty("storedBytes")
  const both = logs.describeLogGroups({ logGroupNamePrefix: "a", logGroupNamePattern: "b" })
  await expect(both).rejects.toThrow("mutually exclusive")
})

test("a group that is made again under its name has nothing of the old one", async () => {
  const region = await startLogs()
  const { logs } = region
  await makeStreams(region, "g", ["s"])
  await putMessages(region, "g", "s", ["old"])
  await logs.deleteLogGroup({ logGroupName: "g" })
  const gone = logs.getLogEvents({ logGroupName: "g", logStreamName: "s" })
  await expect(gone).rejects.toMatchObject({
    name: "ResourceNotFoundException",
    message: "The specified log group does not exist.",
  })

  await makeStreams(region, "g", ["s"])
  expect((await logs.filterLogEvents({ logGroupName: "g" })).events).toEqual([])
  expect((await logs.describeLogGroups({})).logGroups![0]!.storedBytes).toBe(0)
})

test("a group that is protected is not deleted", async () => {
  const { logs } = await startLogs()
  await logs.createLogGroup({ logGroupName: "g", deletionProtectionEnabled: true })
  await expect(logs.deleteLogGroup({ logGroupName: "g" })).rejects.toThrow("deletion protection")
  await logs.putLogGroupDeletionProtection({ logGroupIdentifier: "g", deletionProtectionEnabled: false })
  await logs.deleteLogGroup({ logGroupName: "g" })
})

test("beyond a group's retention no event is shown, and none is taken", async () => {
  const region = await startLogs()
  const { logs, world } = region
  await makeStreams(region, "g", ["s"])
  await putMessages(region, "g", "s", ["early"])
  await region.pass(12 * 3_600_000)
  await putMessages(region, "g", "s", ["late"])
  await region.pass(13 * 3_600_000)
  await logs.putRetentionPolicy({ logGroupName: "g", retentionInDays: 1 })

  const { events } = await logs.filterLogEvents({ logGroupName: "g" })
  expect(events!.map(({ message }) => message)).toEqual(["late"])
  const got = await logs.getLogEvents({ logGroupName: "g", logStreamName: "s", startFromHead: true })
  expect(got.events!.map(({ message }) => message)).toEqual(["late"])
  const timestamp = world.now() - 25 * 3_600_000
  const put = await logs.putLogEvents({
    logGroupName: "g",
    logStreamName: "s",
    logEvents: [{ timestamp, message: "expired" }],
  })
  expect(put.rejectedLogEventsInfo).toEqual({ expiredLogEventEndIndex: 1 })

  await expect(logs.putRetentionPolicy({ logGroupName: "g", retentionInDays: 2 })).rejects.toThrow(
    "Member must satisfy enum value set: [1, 3, 5, 7,",
  )
  await logs.deleteRetentionPolicy({ logGroupName: "g" })
  expect((await logs.filterLogEvents({ logGroupName: "g" })).events).toHaveLength(2)
})

test("tags are put and shown by ARN and by name", async () => {
  const { logs, account } = await startLogs()
  await logs.createLogGroup({ logGroupName: "g", tags: { a: "1" } })
  const resourceArn = `arn:aws:logs:us-east-1:${account}:log-group:g`
  await logs.tagResource({ resourceArn, tags: { b: "2" } })
  await logs.tagLogGroup({ logGroupName: "g", tags: { c: "3" } })
  expect((await logs.listTagsForResource({ resourceArn })).tags).toEqual({ a: "1", b: "2", c: "3" })
  expect((await logs.listTagsForResource({ resourceArn: `${resourceArn}:*` })).tags).toHaveProperty("a")

  await logs.untagResource({ resourceArn, tagKeys: ["a"] })
  await logs.untagLogGroup({ logGroupName: "g", tags: ["c"] })
  expect((await logs.listTagsLogGroup({ logGroupName: "g" })).tags).toEqual({ b: "2" })
  const missing = logs.listTagsForResource({ resourceArn: `${resourceArn}x` })
  await expect(missing).rejects.toThrow("The specified log group does not exist.")
})

test("another account sees nothing of a group, and is denied it by ARN", async () => {
  const region = await startLogs()
  await makeStreams(region, "g", ["s"])
  const other = region.logsAs({ account: "another" })
  expect((await other.describeLogGroups({})).logGroups).toEqual([])
  const logGroupIdentifier = `arn:aws:logs:us-east-1:${region.account}:log-group:g`
  await expect(other.filterLogEvents({ logGroupIdentifier })).rejects.toMatchObject({
    name: "AccessDeniedException",
    message: expect.stringContaining(`logs:FilterLogEvents on resource: ${logGroupIdentifier}:log-stream:`),
  })
})

test("the service speaks JSON 1.1 under the target that clients send", async () => {
  const { logs } = await startLogs()
  const sent: Record<string, string>[] = []
  const received: Record<string, string>[] = []
  logs.middlewareStack.add(
    (next) => async (args) => {
      sent.push((args.request as { headers: Record<string, string> }).headers)
      const result = await next(args)
      received.push((result.response as { headers: Record<string, string> }).headers)
      return result
    },
    { step: "deserialize", priority: "low" },
  )
  await logs.describeLogGroups({})
  expect(sent[0]).toMatchObject({
    "x-amz-target": "Logs_20140328.DescribeLogGroups",
    "content-type": "application/x-amz-json-1.1",
  })
  expect(received[0]).toMatchObject({ "content-type": "application/x-amz-json-1.1" })
})
