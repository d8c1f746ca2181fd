import { expect, test } from "vitest"
import { startWorld } from "../../src/services/testing.ts"
import { describeTask, newMachine, runTask, startNode, startProcess } from "./node-agent-setting.ts"

// Our agent with its task engine against the real control plane.

test("an agent registers with all that it can do, connects, and is shown so", async () => {
  const { ecs, process, world } = await startNode()
  const { containerInstanceArn } = await process.agent.registered
  const { containerInstances } = await ecs.describeContainerInstances({ containerInstances: [containerInstanceArn] })
  const [instance] = containerInstances!
  expect(instance).toMatchObject({
    status: "ACTIVE",
    agentConnected: true,
    versionInfo: { agentVersion: "0.1.0", agentHash: "abcdef0" },
  })
  expect(instance!.attributes).toContainEqual({ name: "ecs.capability.task-eni" })
  expect(instance!.attributes).toContainEqual({ name: "rack", value: "7" })
  expect(instance!.registeredResources).toContainEqual(expect.objectContaining({ name: "CPU", integerValue: 4096 }))
  await world.advance(60 * 60_000)
  expect(process.agent.status()).toMatchObject({ phase: "registered", isConnected: true, isTelemetryConnected: true })
})

test("a task is pulled and runs and, asked to stop, stops with its exit code", async () => {
  const started = await startNode()
  const { ecs, world } = started
  const task = await runTask(started, "service")
  expect(await describeTask(started, task)).toMatchObject({ lastStatus: "PENDING" })
  await world.advance(1_000)
  expect(await describeTask(started, task)).toMatchObject({
    lastStatus: "RUNNING",
    connectivity: "CONNECTED",
    pullStartedAt: expect.any(Date),
    pullStoppedAt: expect.any(Date),
    containers: [
      {
        lastStatus: "RUNNING",
        runtimeId: expect.stringMatching(/^[0-9a-f]{64}$/),
        imageDigest: expect.stringMatching(/^sha256:/),
        networkBindings: [{ containerPort: 80, protocol: "tcp", bindIP: "0.0.0.0", hostPort: expect.any(Number) }],
      },
    ],
  })
  await ecs.stopTask({ task })
  await world.advance(1_000)
  expect(await describeTask(started, task)).toMatchObject({
    lastStatus: "STOPPED",
    stopCode: "UserInitiated",
    containers: [{ lastStatus: "STOPPED", exitCode: 143 }],
  })
})

test("a task that ends by itself is told with its containers' exit codes", async () => {
  const started = await startNode()
  const task = await runTask(started, "job")
  await started.world.advance(7_000)
  expect(await describeTask(started, task)).toMatchObject({
    lastStatus: "STOPPED",
    stopCode: "EssentialContainerExited",
    startedAt: expect.any(Date),
    containers: [{ exitCode: 3 }],
  })
})

test("an image that is nowhere is told in AWS's words", async () => {
  const started = await startNode()
  const task = await runTask(started, "missing")
  await started.world.advance(5 * 60_000)
  expect(await describeTask(started, task)).toMatchObject({
    lastStatus: "STOPPED",
    stopCode: "TaskFailedToStart",
    containers: [{ lastStatus: "STOPPED", reason: expect.stringMatching(/^CannotPullContainerError: /) }],
  })
})

test("after a broken connection the agent is back at once, and hears what it missed", async () => {
  const started = await startNode()
  const { ecs, region, world, process } = started
  const task = await runTask(started, "service")
  await world.advance(5_000)
  region.cut()
  await ecs.stopTask({ task })
  await world.advance(1_000)
  expect(process.agent.status().isConnected).toBe(true)
  expect(await describeTask(started, task)).toMatchObject({ lastStatus: "STOPPED" })
})

test("an agent that is killed and starts again is the same instance, and nothing that ran is started again", async () => {
  const started = await startNode()
  const { ecs, world, machine } = started
  const [long, short] = [await runTask(started, "service"), await runTask(started, "job")]
  await world.advance(2_000)
  const before = await started.process.agent.registered
  await started.process.kill()
  await world.advance(10_000)
  expect(await describeTask(started, short)).toMatchObject({ lastStatus: "RUNNING" })

  const again = startProcess(started)
  await world.advance(2_000)
  expect((await again.agent.registered).containerInstanceArn).toBe(before.containerInstanceArn)
  expect((await ecs.listContainerInstances()).containerInstanceArns).toEqual([before.containerInstanceArn])
  expect(await describeTask(started, long)).toMatchObject({ lastStatus: "RUNNING" })
  expect(await describeTask(started, short)).toMatchObject({ lastStatus: "STOPPED", containers: [{ exitCode: 3 }] })
  expect(machine.containers.map(({ starts }) => starts)).toEqual(machine.containers.map(() => 1))
})

test("after a start of the machine its tasks are told to have ended", async () => {
  const started = await startNode()
  const task = await runTask(started, "service")
  await started.world.advance(2_000)
  await started.process.kill()
  started.machine.reboot()
  startProcess(started, { bootId: "second" })
  await started.world.advance(2_000)
  expect(await describeTask(started, task)).toMatchObject({ lastStatus: "STOPPED" })
  expect(started.state.identity!.bootId).toBe("second")
})

test("what happened while the region was away is told in order when it is back", async () => {
  const started = await startNode()
  const { region, world, process } = started
  const [short, long] = [await runTask(started, "job"), await runTask(started, "service")]
  await world.settle()
  const { door } = region
  region.leave()
  await world.advance(10 * 60_000)
  expect(process.agent.status()).toMatchObject({ isConnected: false, tasksToReport: 2 })

  region.calls.length = 0
  region.door = door
  await world.advance(3 * 60_000)
  expect(process.agent.status()).toMatchObject({ isConnected: true, tasksToReport: 0 })
  const told = region.calls.flatMap(({ operation, input }) => {
    const { task, status } = input as { task?: string; status?: string }
    return operation === "SubmitTaskStateChange" && task === short ? [status] : []
  })
  expect(told.slice(-2)).toEqual(["RUNNING", "STOPPED"])
  expect(await describeTask(started, long)).toMatchObject({ lastStatus: "RUNNING" })
  expect(await describeTask(started, short)).toMatchObject({
    lastStatus: "STOPPED",
    stopCode: "EssentialContainerExited",
    containers: [{ exitCode: 3 }],
  })
})

test("fifty tasks at once all run, and all stop", async () => {
  const started = await startNode()
  const { ecs, world } = started
  const all: string[] = []
  for (let n = 0; n < 5; n++) {
    const { tasks } = await ecs.runTask({ taskDefinition: "service", count: 10 })
    all.push(...tasks!.map(({ taskArn }) => taskArn!))
  }
  await world.advance(10_000)
  const statuses = async () => {
    const { tasks } = await ecs.describeTasks({ tasks: all })
    return new Set(tasks!.map(({ lastStatus }) => lastStatus))
  }
  expect(all).toHaveLength(50)
  expect(await statuses()).toEqual(new Set(["RUNNING"]))
  for (const task of all) await ecs.stopTask({ task })
  await world.advance(60_000)
  expect(await statuses()).toEqual(new Set(["STOPPED"]))
})

test("a task that the region does not know is stopped after its manifest", async () => {
  const started = await startNode()
  const { state, world, process } = started
  const task = await runTask(started, "service")
  await world.advance(1_000)
  const stray = "arn:aws:ecs:us-east-1:111122223333:task/default/stray"
  process.tasks.accept({ ...state.tasks.get(task)!.payload, arn: stray })
  await world.advance(1_000)
  expect(state.tasks.get(stray)!.knownStatus).toBe("RUNNING")
  // A connection begins with a manifest.
  started.region.cut()
  await world.advance(2_000)
  expect(state.tasks.get(stray)!.knownStatus).toBe("STOPPED")
  expect(state.tasks.get(task)!.knownStatus).toBe("RUNNING")
})

test("a deregistered instance is left alone by its agent, for an hour at a time", async () => {
  const { ecs, region, process, world } = await startNode()
  const { containerInstanceArn } = await process.agent.registered
  await ecs.deregisterContainerInstance({ containerInstance: containerInstanceArn })
  await world.advance(60_000)
  expect(process.agent.status()).toMatchObject({ phase: "inactive", isConnected: false, isTelemetryConnected: false })
  region.urls.length = 0
  await world.advance(3_600_000)
  expect(region.urls.filter((url) => url.includes("/acs/"))).toHaveLength(1)
})

test("an agent that comes back to where it was taken out is refused for good", async () => {
  const started = await startNode()
  const { ecs, world } = started
  const { containerInstanceArn } = await started.process.agent.registered
  await started.process.kill()
  await ecs.deregisterContainerInstance({ containerInstance: containerInstanceArn, force: true })
  const { agent } = startProcess(started)
  await world.advance(60_000)
  await expect(agent.registered).rejects.toThrow(/not registered any more/)
  expect(agent.status().phase).toBe("refused")
})

test("a fresh region gets its default cluster from the first agent", async () => {
  const started = await startWorld()
  const { agent } = startProcess(newMachine(started))
  await started.world.advance(5_000)
  expect((await agent.registered).cluster).toBe("default")
})
