import { expect, test } from "vitest"
import { aContainer, aPayload, TaskWorld } from "./testing.ts"

const START_MS = 5_000
const CREATE_MS = 20_000

/** An agent that is killed between asking for a start and its coming about; the next one takes long to make the container. */
async function killedWhileStarting(afterMs: number): Promise<TaskWorld> {
  const brief = { reference: "brief:1", present: true, behaviour: { exits: { afterMs, code: 7 } } }
  const stage = await new TaskWorld([brief]).begin()
  const { world, machine } = stage
  machine.faults.delays.set("start", START_MS)
  await stage.run(aPayload({ containers: [aContainer({ image: "brief:1" })] }))
  await world.advance(START_MS / 2)
  expect(stage.fake().starts).toBe(0)
  machine.faults.delays.set("create", CREATE_MS)
  await stage.restartIn(world)
  return stage
}

test("a start that comes about late is the container's only one, however soon it has ended", async () => {
  const stage = await killedWhileStarting(1_000)
  await stage.world.advance(60_000)
  expect(stage.fake().starts).toBe(1)
  expect(stage.task().knownStatus).toBe("STOPPED")
  expect(stage.container()).toMatchObject({ knownStatus: "STOPPED", exitCode: 7, createdAt: expect.any(Number) })
})

test("a container that came up late counts as running, and is stopped when it should", async () => {
  const stage = await killedWhileStarting(3_600_000)
  await stage.world.advance(CREATE_MS)
  expect(stage.container()).toMatchObject({ knownStatus: "RUNNING" })
  stage.tasks.stop(stage.task().arn)
  await stage.world.advance(60_000)
  expect(stage.fake()).toMatchObject({ starts: 1, running: false })
  expect(stage.task().knownStatus).toBe("STOPPED")
})

test("a container that came up with nobody to see it has run, once its machine is restarted", async () => {
  const stage = await new TaskWorld().begin()
  const { world, machine, state } = stage
  state.putIdentity({ cluster: "shop", containerInstanceArn: "i", bootId: stage.bootId })
  machine.faults.delays.set("start", START_MS)
  await stage.run(aPayload())
  stage.kill()
  await world.advance(START_MS)
  expect(stage.fake().running).toBe(true)
  expect(stage.container().startedAt).toBeUndefined()
  machine.reboot()
  stage.bootId = "boot-2"
  await stage.restartIn(world)
  await world.advance(60_000)
  expect(stage.fake().starts).toBe(1)
  expect(stage.task().knownStatus).toBe("STOPPED")
  expect(stage.container().reason).toContain("restarted")
})

test("a task that was stopped meanwhile does not come up late", async () => {
  const stage = await killedWhileStarting(3_600_000)
  stage.tasks.stop(stage.task().arn)
  await stage.world.advance(60_000)
  expect(stage.task().knownStatus).toBe("STOPPED")
  expect(stage.fake().running).toBe(false)
})
