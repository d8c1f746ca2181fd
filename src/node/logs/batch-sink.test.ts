import { expect, test } from "vitest"
import { simulatedWorld } from "../../world/simulated.ts"
import { BatchSink } from "./batch-sink.ts"
import { aLine, aTarget } from "./testing.ts"

test("who does not listen any more is given up a moment after the log was let go of", async () => {
  const world = simulatedWorld()
  let fail = (_: Error) => {}
  let resets = 0
  const sink = new BatchSink({
    world,
    target: aTarget("syslog"),
    taken: () => {},
    deliver: () => new Promise((_, reject) => (fail = reject)),
    reset: async () => {
      resets += 1
      fail(new Error("the connection was closed"))
    },
  })
  void sink.write(aLine("one"))
  await world.advance(100)
  const flushed = sink.flush()
  sink.close()
  expect(resets).toBe(0)
  await world.advance(1_000)
  await flushed
  expect(resets).toBeGreaterThan(0)
})

test("what is just being delivered when the log is let go of arrives", async () => {
  const world = simulatedWorld()
  let arrive = () => {}
  const happened: string[] = []
  const sink = new BatchSink({
    world,
    target: aTarget("json-file"),
    taken: () => happened.push("taken"),
    deliver: () => new Promise<void>((resolve) => (arrive = resolve)),
    reset: async () => void happened.push("reset"),
  })
  void sink.write(aLine("one"))
  await world.advance(100)
  sink.close()
  arrive()
  await world.advance(10_000)
  expect(happened).toEqual(["taken", "reset"])
})
