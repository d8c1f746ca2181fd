import { expect, test } from "vitest"
import { recordingLog } from "../../world/log.ts"
import { simulatedWorld } from "../../world/simulated.ts"
import { sleep } from "../../world/world.ts"
import { FakeMachine } from "../engine/fake.ts"
import { NodeLogFollower } from "./node-log-follower.ts"
import { noneDriver } from "./none.ts"
import { aTarget, MemoryDriver } from "./testing.ts"

const { task, container } = aTarget("memory")

async function start(logBytesMax = 2 ** 20) {
  const log = recordingLog()
  const world = simulatedWorld({ log })
  const machine = new FakeMachine(world, [{ reference: "busybox:latest" }])
  const engine = machine.engine()
  const image = await pull()
  await engine.createTask({ instance: "local", id: task.id, sharesPids: false, sharesIpc: false })
  await engine.createNetwork({ id: container.networkId, instance: "local", taskId: task.id, mode: "none" })
  await engine.create({
    id: container.id,
    instance: "local",
    taskId: task.id,
    networkId: container.networkId,
    name: container.runtimeName,
    imageId: image.id,
    environment: {},
    labels: {},
    terminal: false,
    openStdin: false,
    init: false,
    mounts: [],
    readonlyRoot: false,
    privileged: false,
    capabilitiesAdded: [],
    capabilitiesDropped: [],
    securityOptions: [],
    devices: [],
    gpus: [],
    ulimits: [],
    sysctls: {},
    pid: "private",
    ipc: "private",
    extraHosts: [],
    dns: [],
    dnsSearch: [],
    limits: { cpuShares: 2 },
    logBytesMax,
  })
  await engine.start(container.id)
  const running = machine.container(container.id)!
  const driver = new MemoryDriver()
  const positions = new Map<string, string>()
  const state = {
    logPosition: (id: string) => positions.get(id),
    putLogPosition: (id: string, position: string) => void positions.set(id, position),
  }
  const follower = (engine = machine.engine()) =>
    new NodeLogFollower({
      world,
      engine,
      state,
      drivers: new Map([
        ["memory", driver],
        ["none", noneDriver],
      ]),
      defaults: { driver: "memory", options: {} },
    })
  return { world, log, machine, engine, running, driver, positions, follower }

  async function pull() {
    const pulled = engine.images.pull("busybox:latest", { signal: new AbortController().signal })
    await world.advance(60_000)
    return pulled
  }
}

test("lines arrive as they are written, and the last without an end when the container has ended", async () => {
  const { world, engine, running, driver, follower } = await start()
  const logs = follower()
  logs.follow(task, container)
  logs.follow(task, container)
  running.write("stdout", "one\ntw")
  running.write("stderr", "error\n")
  await world.settle()
  expect(driver.lines).toEqual(["one", "error"])

  running.write("stdout", "o\nthree")
  await engine.signal(container.id, "SIGKILL")
  const finished = logs.finished(task, container)
  await world.settle()
  await finished
  expect(driver.lines).toEqual(["one", "error", "two", "three"])
  expect(driver.removed).toEqual([container.id])
})

test("a process that is killed at any moment loses no line, and what it wrote down is not sent again", async () => {
  const { world, machine, running, driver, follower } = await start()
  follower().follow(task, container)
  running.write("stdout", "one\ntwo\nthr")
  running.write("stderr", "err")
  await world.advance(1_000)
  expect(driver.lines).toEqual(["one", "two"])

  machine.cutOff()
  running.write("stdout", "ee\nfour\n")
  follower(machine.engine()).follow(task, container)
  running.write("stderr", "or\n")
  await world.advance(1_000)
  expect(driver.lines).toEqual(["one", "two", "three", "four", "error"])
})

test("what was not taken is written down as not reached, and comes again after a restart", async () => {
  const { world, machine, running, driver, positions, follower } = await start()
  follower().follow(task, container)
  running.write("stdout", "one\n")
  await world.advance(1_000)
  driver.stuck = true
  running.write("stdout", "two\n")
  await world.advance(60_000)
  const before = positions.get(container.id)
  expect(driver.lines).toEqual(["one"])

  machine.cutOff()
  driver.stuck = false
  follower(machine.engine()).follow(task, container)
  await world.advance(1_000)
  expect(driver.lines).toEqual(["one", "two"])
  expect(positions.get(container.id)).not.toBe(before)
})

test("a container that is started again goes on in the same log", async () => {
  const { world, engine, running, driver, follower } = await start()
  const logs = follower()
  logs.follow(task, container)
  running.write("stdout", "first run")
  await engine.signal(container.id, "SIGKILL")
  await world.advance(100)
  await engine.start(container.id)
  logs.follow(task, container)
  running.write("stdout", "second run\n")
  await world.advance(100)
  expect(driver.lines).toEqual(["first run", "second run"])
})

test("what is kept gives its room back", async () => {
  const { world, engine, running, driver, follower } = await start()
  follower().follow(task, container)
  for (let line = 0; line < 100; line++) running.write("stdout", `line ${line} of many\n`)
  await world.advance(1_000)
  expect(driver.lines).toHaveLength(100)

  running.write("stdout", "new\n")
  const left = engine.logs(container.id).read(undefined, new AbortController().signal)[Symbol.asyncIterator]()
  const { value } = await left.next()
  expect(new TextDecoder().decode(value?.bytes)).toBe("new\n")
})

test("a part that was dropped before it could be read is told of, and joins no two lines", async () => {
  const { world, log, running, driver, follower } = await start(16)
  running.write("stdout", "lost line\n")
  running.write("stdout", "lost as well\n")
  running.write("stdout", "kept\n")
  follower().follow(task, container)
  await world.advance(1_000)
  expect(driver.lines).toEqual(["kept"])
  expect(log.lines).toContainEqual({
    level: "warn",
    message: "a part of a container's log was dropped, as it could not be kept in time",
    fields: { task: task.arn, container: "app", stream: "stdout", bytes: 23 },
  })
})

test("a log that nobody takes keeps its container for less than a minute", async () => {
  const { world, engine, running, driver, follower } = await start()
  const logs = follower()
  logs.follow(task, container)
  driver.stuck = true
  running.write("stdout", "never taken\n")
  await engine.signal(container.id, "SIGKILL")
  let isFinished = false
  const finished = logs.finished(task, container).then(() => {
    isFinished = true
  })
  await world.advance(30_000)
  expect(isFinished).toBe(false)
  await world.advance(30_000)
  await finished
})

test("a log that nobody wants is read away", async () => {
  const { world, running, positions, follower } = await start()
  const none = aTarget("none")
  const logs = follower()
  await logs.prepare(none.task, none.container)
  logs.follow(none.task, none.container)
  running.write("stdout", "one\ntw")
  await world.advance(1_000)
  expect(positions.get(container.id)).toBeDefined()
})

test("a driver that is not there is refused in words", async () => {
  const { follower } = await start()
  const { task, container } = aTarget("logentries")
  await expect(follower().prepare(task, container)).rejects.toThrow(
    "logger: no log driver named 'logentries' is registered",
  )
})

test("nothing is carried after the end, and containers write on", async () => {
  const { world, running, driver, follower } = await start()
  const logs = follower()
  logs.follow(task, container)
  await world.advance(100)
  logs.close()
  running.write("stdout", "later\n")
  await world.advance(1_000)
  expect(driver.lines).toEqual([])
})

test("of containers that have ended only so many logs are read at the same time, and all in the end", async () => {
  const world = simulatedWorld()
  const driver = new MemoryDriver()
  let open = 0
  let most = 0
  const logs = (id: string) => ({
    async *read() {
      most = Math.max(most, ++open)
      await sleep(world, 10)
      open -= 1
      yield { stream: "stdout" as const, bytes: Buffer.from(`${id}\n`), at: 0, next: "1", lostBytes: 0 }
    },
    release: async () => {},
  })
  const state = { logPosition: () => undefined, putLogPosition: () => {} }
  const drivers = new Map([["memory", driver]])
  const follower = new NodeLogFollower({ world, engine: { logs }, state, drivers, defaults: NO_OPTIONS })
  for (let n = 0; n < 1_000; n++) follower.follow(task, { ...container, id: `c${n}`, knownStatus: "STOPPED" })
  await world.advance(10_000)
  expect(driver.lines).toHaveLength(1_000)
  expect(most).toBeLessThan(100)
})

test("an ended container's log that nobody takes does not keep the others from being read", async () => {
  const world = simulatedWorld()
  const driver = new MemoryDriver()
  const read = async function* (id: string) {
    if (Number(id.slice(1)) < 500) await new Promise(() => {})
    yield { stream: "stdout" as const, bytes: Buffer.from(`${id}\n`), at: 0, next: "1", lostBytes: 0 }
  }
  const logs = (id: string) => ({ read: () => read(id), release: async () => {} })
  const state = { logPosition: () => undefined, putLogPosition: () => {} }
  const drivers = new Map([["memory", driver]])
  const follower = new NodeLogFollower({ world, engine: { logs }, state, drivers, defaults: NO_OPTIONS })
  for (let n = 0; n < 501; n++) follower.follow(task, { ...container, id: `c${n}`, knownStatus: "STOPPED" })
  await world.advance(120_000)
  expect(driver.lines).toEqual(["c500"])
})

const NO_OPTIONS = { driver: "memory", options: {} }
