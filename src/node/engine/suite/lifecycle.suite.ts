import { expect, test } from "vitest"
import { PROGRAMS } from "./programs.ts"
import type { Stage } from "./stage.suite.ts"

export function lifecycleSuite(setUp: () => Stage): void {
  test("a container is created, runs, and ends with its exit code", async () => {
    const stage = setUp()
    const id = await stage.aContainer({ script: PROGRAMS.fails.script })
    const created = await stage.engine.inspect(id)
    expect(created).toMatchObject({ id, instance: stage.instance, status: "created", outOfMemory: false })
    expect(created!.pid).toBeUndefined()

    const before = stage.world.now()
    await stage.engine.start(id)
    const ended = await stage.ended(id)
    expect(ended).toMatchObject({ status: "stopped", exitCode: 3, outOfMemory: false })
    expect(ended.startedAt).toBeGreaterThanOrEqual(before - CLOCK_MS)
    expect(ended.stoppedAt).toBeGreaterThanOrEqual(ended.startedAt!)
    expect(ended.pid).toBeUndefined()
  })

  test("what runs has a process and a time of its start", async () => {
    const stage = setUp()
    const id = await stage.running(PROGRAMS.waits.script)
    const state = await stage.engine.inspect(id)
    expect(state).toMatchObject({ status: "running", pid: expect.any(Number), startedAt: expect.any(Number) })
    expect(state!.exitCode).toBeUndefined()
  })

  test("what is made a second time is answered as the first was", async () => {
    const stage = setUp()
    const taskId = await stage.aTask()
    await stage.aTask({ id: taskId })
    const spec = { id: `${taskId}-n`, instance: stage.instance, taskId, mode: "bridge", ports: [] } as const
    const network = await stage.engine.createNetwork(spec)
    expect(await stage.engine.createNetwork(spec)).toEqual(network)

    const container = await stage.aSpec({ taskId, networkId: spec.id, script: PROGRAMS.waits.script })
    await stage.engine.create(container)
    await stage.engine.create(container)
    await stage.engine.start(container.id)
    const { pid } = (await stage.engine.inspect(container.id))!
    await stage.engine.create(container)
    await stage.engine.start(container.id)
    expect(await stage.engine.inspect(container.id)).toMatchObject({ status: "running", pid })
    expect(await stage.engine.list(stage.instance)).toHaveLength(1)
  })

  test("what is gone may be removed again, and nobody finds it", async () => {
    const stage = setUp()
    const taskId = await stage.aTask()
    const network = await stage.aNetwork(taskId)
    const id = await stage.running(PROGRAMS.waits.script, { taskId, networkId: network.id })
    for (const _twice of [1, 2]) {
      await stage.engine.remove(id)
      await stage.engine.removeNetwork(network.id)
      await stage.engine.removeTask(stage.instance, taskId)
    }
    expect(await stage.engine.inspect(id)).toBeUndefined()
    expect(await stage.engine.stats(id)).toBeUndefined()
    expect(await stage.engine.signal(id, "SIGTERM")).toBe(false)
    expect(await stage.engine.list(stage.instance)).toEqual([])
    expect(await stage.logOf(id)).toEqual([])
    await expect(stage.engine.start(id)).rejects.toMatchObject({ name: "EngineError", kind: "gone" })
  })

  test("a task takes its containers with it, also those that run", async () => {
    const stage = setUp()
    const taskId = await stage.aTask()
    await stage.running(PROGRAMS.stubborn.script, { taskId })
    await stage.aContainer({ taskId })
    await stage.engine.removeTask(stage.instance, taskId)
    expect(await stage.engine.list(stage.instance)).toEqual([])
  })

  test("a container that is started again goes on with its files", async () => {
    const stage = setUp()
    const id = await stage.aContainer({ script: PROGRAMS.counts.script })
    for (const starts of [1, 2, 3]) {
      await stage.engine.start(id)
      expect((await stage.ended(id)).exitCode).toBe(starts)
    }
  })

  test("a program may end by a signal in its own way, or not at all; SIGKILL ends it", async () => {
    const stage = setUp()
    const obedient = await stage.running(PROGRAMS.talksUntilTold.script)
    await stage.heard(obedient, "first")
    expect(await stage.engine.signal(obedient, "SIGTERM")).toBe(true)
    expect((await stage.ended(obedient)).exitCode).toBe(0)

    const stubborn = await stage.running(PROGRAMS.stubborn.script)
    await stage.heard(stubborn, "ready")
    expect(await stage.engine.signal(stubborn, "SIGTERM")).toBe(true)
    expect((await stage.engine.inspect(stubborn))!.status).toBe("running")
    expect(await stage.engine.signal(stubborn, "SIGKILL", true)).toBe(true)
    expect((await stage.ended(stubborn)).exitCode).toBe(137)
  })

  test("a signal to what does not run reaches nobody", async () => {
    const stage = setUp()
    const created = await stage.aContainer()
    expect(await stage.engine.signal(created, "SIGTERM")).toBe(false)
    const { id } = await stage.run(PROGRAMS.fails.script)
    expect(await stage.engine.signal(id, "SIGKILL", true)).toBe(false)
    expect(await stage.engine.signal(stage.newId(), "SIGTERM")).toBe(false)
  })

  test("an engine that is opened again finds what there was, with what became of it", async () => {
    const stage = setUp()
    const created = await stage.aContainer()
    const running = await stage.running(PROGRAMS.waits.script)
    const { id: stopped } = await stage.run(PROGRAMS.fails.script)
    const { pid } = (await stage.engine.inspect(running))!

    const engine = await stage.reopen()
    const found = new Map((await engine.list(stage.instance)).map((state) => [state.id, state]))
    expect([...found.keys()].sort()).toEqual([created, running, stopped].sort())
    expect(found.get(created)).toMatchObject({ status: "created" })
    expect(found.get(running)).toMatchObject({ status: "running", pid })
    expect(found.get(stopped)).toMatchObject({ status: "stopped", exitCode: 3, stoppedAt: expect.any(Number) })
    expect(await engine.list("suite-somebody-else")).toEqual([])

    expect(await engine.signal(running, "SIGTERM")).toBe(true)
    expect((await stage.ended(running)).exitCode).toBe(0)
    await engine.start(created)
  })

  test("what cannot be started says why, and can be removed", async () => {
    const stage = setUp()
    const spec = await stage.aSpec()
    await expect(stage.engine.create({ ...spec, imageId: `sha256:${"0".repeat(64)}` })).rejects.toMatchObject({
      name: "EngineError",
    })
    await stage.engine.remove(spec.id)
  })

  test("a runtime that answers is well", async () => {
    expect(await setUp().engine.isWell()).toBe(true)
  })
}

/** How far the runtime's clock may be off: it cuts off what is below a millisecond. */
const CLOCK_MS = 2
