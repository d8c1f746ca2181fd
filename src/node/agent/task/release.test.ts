import { expect, test } from "vitest"
import type { Endpoints } from "./surroundings.ts"
import { aContainer, aPayload, TaskWorld } from "./testing.ts"

test("a stopped task gives back what it held once, however often the agent starts", async () => {
  const closed: string[] = []
  const endpoints: Endpoints = { open: async () => {}, close: async (networkId) => void closed.push(networkId) }
  const brief = { reference: "brief:1", present: true, behaviour: { exits: { afterMs: 10, code: 0 } } }
  const stage = await new TaskWorld([brief], { endpoints }).begin()
  await stage.run(aPayload({ containers: [aContainer({ image: "brief:1" })] }))
  await stage.world.advance(1_000)
  expect(stage.task().knownStatus).toBe("STOPPED")
  expect(closed).toHaveLength(1)
  for (let starts = 0; starts < 3; starts++) await stage.restart()
  await stage.world.advance(1_000)
  expect(closed).toHaveLength(1)
})

test("one whose agent was killed before it had given back everything does so with the next", async () => {
  const brief = { reference: "brief:1", present: true, behaviour: { exits: { afterMs: 10, code: 0 } } }
  const stage = await new TaskWorld([brief]).begin()
  stage.machine.faults.delays.set("removeNetwork", 500)
  await stage.run(aPayload({ containers: [aContainer({ image: "brief:1" })] }))
  await stage.world.advance(100)
  expect([stage.task().knownStatus, stage.machine.places.list()]).toEqual(["STOPPED", [expect.anything()]])
  await stage.restartIn(stage.world)
  await stage.world.advance(5_000)
  expect(stage.machine.places.list()).toEqual([])
})
