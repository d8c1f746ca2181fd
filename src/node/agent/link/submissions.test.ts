import { expect, onTestFinished, test } from "vitest"
import { simulatedWorld } from "../../../world/simulated.ts"
import { MemoryState } from "../state-memory.ts"
import { fault, ScriptedRegion } from "./scripted-region.testing.ts"
import { Submissions } from "./submissions.ts"
import { aContainer, aTask } from "./testing.ts"

function start(answer?: (operation: string, input: never) => object) {
  const world = simulatedWorld()
  const region = new ScriptedRegion(answer)
  const state = new MemoryState()
  const submissions = new Submissions({ world, region, state, cluster: "default" })
  onTestFinished(() => submissions.stop())
  const change = (arn: string, knownStatus: "RUNNING" | "STOPPED", exitCode?: number) => {
    const ran = { knownStatus, createdAt: 1, startedAt: 1, ...(exitCode !== undefined && { exitCode }) }
    const before = state.tasks.get(arn) ?? aTask({ arn })
    const task = { ...before, knownStatus, containers: [aContainer(ran)] }
    state.putTask(task)
    submissions.changed(task)
  }
  return { world, region, state, submissions, change }
}

const told = ({ calls }: ScriptedRegion) => calls.map(({ input }) => `${input.task} ${input.status}`)

test("a change leaves at once, and is marked as sent when the region has confirmed it", async () => {
  const { world, region, state, submissions, change } = start()
  change("a", "RUNNING")
  expect(told(region)).toEqual(["a RUNNING"])
  expect(state.tasks.get("a")!.sent.status).toBeUndefined()
  region.calls[0]!.resolve()
  await world.settle()
  expect(state.tasks.get("a")!.sent).toEqual({ status: "RUNNING", containers: { app: "RUNNING" }, attachments: {} })
  expect(submissions.waiting).toBe(0)
})

test("of each task one thing is told after the other", async () => {
  const { world, region, change } = start()
  change("a", "RUNNING")
  change("a", "STOPPED", 0)
  change("b", "RUNNING")
  await world.settle()
  expect(told(region)).toEqual(["a RUNNING", "b RUNNING"])
  region.calls[0]!.resolve()
  await world.settle()
  expect(told(region)).toEqual(["a RUNNING", "b RUNNING", "a STOPPED"])
})

test("at most ten tasks are told of at the same time, and all of them in the end", async () => {
  const { world, region, submissions, change } = start()
  for (let n = 0; n < 25; n++) change(`task ${n}`, "RUNNING")
  await world.settle()
  for (let answered = 0; answered < 25; answered++) {
    expect(region.calls.length - answered).toBe(Math.min(10, 25 - answered))
    region.calls[answered]!.resolve()
    await world.settle()
  }
  expect(new Set(told(region)).size).toBe(25)
  expect(submissions.waiting).toBe(0)
})

test("anything but InvalidParameterException is tried again, for ever, and holds back what follows", async () => {
  const { world, region, submissions, change } = start(() => {
    throw fault("ClientException")
  })
  change("a", "RUNNING")
  await world.advance(24 * 3_600_000)
  change("a", "STOPPED", 0)
  expect(region.calls.length).toBeGreaterThan(2_000)
  expect(new Set(told(region))).toEqual(new Set(["a RUNNING"]))
  region.answer = () => ({})
  await world.advance(36_000)
  expect(told(region).slice(-2)).toEqual(["a RUNNING", "a STOPPED"])
  expect(submissions.waiting).toBe(0)
})

test("when the region is there again nobody waits out a pause", async () => {
  const { world, region, submissions, change } = start(() => {
    throw fault("Unreachable")
  })
  change("a", "RUNNING")
  await world.advance(3_600_000)
  region.answer = () => ({})
  submissions.hurry()
  await world.settle()
  expect(submissions.waiting).toBe(0)
})

test("what the region refuses for good is not told again, and what follows is", async () => {
  const { world, region, state, change } = start((_, { status }: { status: string }) => {
    if (status === "RUNNING") throw fault("InvalidParameterException")
    return {}
  })
  change("a", "RUNNING")
  await world.settle()
  change("a", "STOPPED", 0)
  await world.settle()
  expect(told(region)).toEqual(["a RUNNING", "a STOPPED"])
  expect(state.tasks.get("a")!.sent.status).toBe("STOPPED")
})

test("that one container has ended is told within a second, with what ends together with it", async () => {
  const { world, region, state, submissions, change } = start(() => ({}))
  change("a", "RUNNING")
  await world.settle()
  const end = (name: string, exitCode: number) => {
    const task = state.tasks.get("a")!
    const ended = aContainer({ name, knownStatus: "STOPPED", createdAt: 1, exitCode })
    state.putTask({ ...task, containers: [...task.containers, ended] })
    submissions.changed(state.tasks.get("a")!)
  }
  end("side", 3)
  await world.advance(100)
  end("other", 0)
  expect(told(region)).toEqual(["a RUNNING"])
  await world.advance(900)
  expect(region.calls.slice(1)).toMatchObject([
    { input: { task: "a", status: "RUNNING", containers: [{ containerName: "side", exitCode: 3 }, { exitCode: 0 }] } },
  ])
  await world.advance(120_000)
  expect(region.calls).toHaveLength(2)
})

test("what else happened to one container is told within half a minute, and not at once", async () => {
  const { world, region, state, submissions, change } = start(() => ({}))
  submissions.start()
  change("a", "RUNNING")
  await world.settle()
  const task = state.tasks.get("a")!
  const side = aContainer({ name: "side", knownStatus: "RUNNING", createdAt: 1 })
  state.putTask({ ...task, containers: [...task.containers, side] })
  submissions.changed(state.tasks.get("a")!)
  await world.advance(9_999 - world.monotonic())
  expect(told(region)).toEqual(["a RUNNING"])
  await world.advance(20_001)
  expect(region.calls.slice(1)).toMatchObject([
    { input: { task: "a", status: "RUNNING", containers: [{ containerName: "side", status: "RUNNING" }] } },
  ])
  await world.advance(120_000)
  expect(region.calls).toHaveLength(2)
})

test("what was left to tell by an earlier process is told first of all", async () => {
  const { world, region, state, submissions } = start(() => ({}))
  state.putTask(aTask({ arn: "a", knownStatus: "STOPPED", containers: [aContainer({ knownStatus: "STOPPED" })] }))
  submissions.start()
  await world.settle()
  expect(told(region)).toEqual(["a STOPPED"])
})

test("what has become pointless while it waited is not told", async () => {
  const { world, region, submissions } = start(() => {
    throw fault("Unreachable")
  })
  submissions.tell({ cluster: "default", task: "a", attachments: [] }, 60_000)
  await world.advance(60_000)
  const tried = region.calls.length
  await world.advance(600_000)
  expect(region.calls.length).toBe(tried)
  expect(submissions.waiting).toBe(0)
})

test("a task that is cleaned up while it is told of does not come back", async () => {
  const { world, region, state, change } = start()
  change("a", "STOPPED", 0)
  state.removeTask("a")
  region.calls[0]!.resolve()
  await world.settle()
  expect(state.tasks.size).toBe(0)
})
