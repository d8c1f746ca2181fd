import { expect, test } from "vitest"
import { keepLogEvents } from "./keeper.ts"
import { makeStreams, putMessages, startLogs } from "./testing.ts"

const MINUTE_MS = 60_000

test("what was deleted, or has outlived its retention, is forgotten within a minute, and nothing else is", async () => {
  const region = await startLogs()
  const { logs, world, events, store } = region
  const stop = keepLogEvents(world, store, events)
  for (const group of ["gone", "short", "kept"]) {
    await makeStreams(region, group, ["a", "b"])
    for (const name of ["a", "b"]) await putMessages(region, group, name, ["x"])
  }
  await region.pass(MINUTE_MS)
  const [, , kept] = [...events.groups()]
  expect(events.groups().size).toBe(3)

  await logs.deleteLogGroup({ logGroupName: "gone" })
  await logs.deleteLogStream({ logGroupName: "kept", logStreamName: "a" })
  await logs.putRetentionPolicy({ logGroupName: "short", retentionInDays: 1 })
  await region.pass(MINUTE_MS)
  expect(events.groups().size).toBe(2)
  expect((await events.summaries(kept!)).size).toBe(1)
  await region.pass(24 * 60 * MINUTE_MS)
  expect([...events.groups()]).toEqual([kept])
  stop()
})

test("a deletion that never becomes durable costs nobody their logs", async () => {
  let appendMs = 0
  const region = await startLogs(undefined, { appendMs: () => appendMs })
  const { logs, world, events, store } = region
  await makeStreams(region, "g", ["s"])
  await putMessages(region, "g", "s", ["x"])
  const stop = keepLogEvents(world, store, events)
  appendMs = 10 * MINUTE_MS
  const deletion = logs.deleteLogGroup({ logGroupName: "g" }).catch(() => "never answered")
  await world.advance(2 * MINUTE_MS)
  expect(events.groups().size).toBe(1)
  await world.advance(20 * MINUTE_MS)
  await deletion
  expect(events.groups().size).toBe(0)
  stop()
})
