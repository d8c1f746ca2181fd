import { expect, onTestFinished, test } from "vitest"
import { simulatedWorld } from "../../world/simulated.ts"
import type { ContainerSpec, EngineEvent } from "./engine.ts"
import { EngineError } from "./engine-error.ts"
import { type FakeImage, FakeMachine } from "./fake.ts"

const REFERENCE = "registry.test/app:1"

test("a container acts out its image's script in the world's time", async () => {
  const { world, engine, events } = await aMachine({
    writes: [{ afterMs: 10, everyMs: 10, text: "tick\n" }],
    exits: { afterMs: 35, code: 3 },
  })
  await engine.start("c1")
  await world.advance(34)
  expect((await engine.inspect("c1"))!.status).toBe("running")
  await world.advance(1)

  expect(await engine.inspect("c1")).toMatchObject({ status: "stopped", exitCode: 3, stoppedAt: world.now() })
  expect(events.map(({ kind }) => kind)).toEqual(["started", "stopped"])
  expect(await logOf(engine)).toBe("tick\ntick\ntick\n")
})

test("a script may differ from start to start", async () => {
  const { world, engine } = await aMachine((_spec, startsBefore) => ({ exits: { afterMs: 1, code: startsBefore } }))
  for (const code of [0, 1]) {
    await engine.start("c1")
    await world.advance(1)
    expect((await engine.inspect("c1"))!.exitCode).toBe(code)
  }
})

test("a signal ends a container, unless it handles or ignores it; SIGKILL always does", async () => {
  const { world, engine, machine } = await aMachine({
    ignores: ["SIGTERM"],
    handles: { SIGINT: { afterMs: 20, code: 9 } },
  })
  await engine.start("c1")
  expect(await engine.signal("c1", "SIGTERM")).toBe(true)
  await engine.signal("c1", "SIGINT")
  await world.advance(19)
  expect((await engine.inspect("c1"))!.status).toBe("running")
  await world.advance(1)
  expect((await engine.inspect("c1"))!.exitCode).toBe(9)
  expect(machine.container("c1")!.signals).toEqual(["SIGTERM", "SIGINT"])

  await engine.start("c1")
  await engine.signal("c1", "SIGKILL")
  expect((await engine.inspect("c1"))!.exitCode).toBe(137)
})

test("out of memory is told before the end that it causes, and forgotten at the next start", async () => {
  const { world, engine, events } = await aMachine((_spec, startsBefore) =>
    startsBefore === 0 ? { outOfMemoryAfterMs: 5 } : {},
  )
  await engine.start("c1")
  await world.advance(5)
  expect(events.map(({ kind }) => kind)).toEqual(["started", "out of memory", "stopped"])
  expect(await engine.inspect("c1")).toMatchObject({ outOfMemory: true, exitCode: 137 })
  await engine.start("c1")
  expect((await engine.inspect("c1"))!.outOfMemory).toBe(false)
})

test("what an agent asked for before it was killed still happens, and the next one finds it", async () => {
  const { world, machine, engine, events } = await aMachine({ exits: { afterMs: 10, code: 4 } })
  machine.faults.delays.set("start", 5)
  void engine.start("c1")
  machine.cutOff()
  await world.advance(15)
  expect(events).toEqual([])

  const [found] = await machine.engine().list("i1")
  expect(found).toMatchObject({ id: "c1", status: "stopped", exitCode: 4 })
})

test("after a reboot containers are there, stopped without a code, and cannot start without their network", async () => {
  const { world, machine, engine } = await aMachine({})
  await engine.start("c1")
  machine.reboot()
  await world.settle()

  const next = machine.engine()
  expect(await next.inspect("c1")).toEqual({
    id: "c1",
    instance: "i1",
    taskId: "t1",
    status: "stopped",
    startedAt: world.now(),
    outOfMemory: false,
  })
  await expect(next.start("c1")).rejects.toMatchObject({ kind: "gone" })
})

test("a runtime that went away fails what is asked and says resync when it is back", async () => {
  const { world, machine, engine, events } = await aMachine({ exits: { afterMs: 10, code: 0 } })
  await engine.start("c1")
  machine.runtimeDown = true
  await world.advance(10)
  expect(await engine.isWell()).toBe(false)
  await expect(engine.inspect("c1")).rejects.toMatchObject({ kind: "unavailable" })

  machine.runtimeDown = false
  expect(events.map(({ kind }) => kind)).toEqual(["started", "resync"])
  expect((await engine.inspect("c1"))!.exitCode).toBe(0)
})

test("a fault meets the operation that it is meant for, as often as it says, before or after the work", async () => {
  const { machine, engine } = await aMachine({})
  const error = new EngineError("machine", "no space left on device")
  machine.faults.add({ operation: "start", id: "another", error })
  machine.faults.add({ operation: "start", error, times: 2 })
  machine.faults.add({ operation: "signal", error, done: true })

  await expect(engine.start("c1")).rejects.toBe(error)
  await expect(engine.start("c1")).rejects.toBe(error)
  await engine.start("c1")
  await expect(engine.signal("c1", "SIGTERM")).rejects.toBe(error)
  expect((await engine.inspect("c1"))!.status).toBe("stopped")
})

test("a pull takes its time, can be given up, and fails as the script says", async () => {
  const { world, machine, engine } = await aMachine({})
  machine.images.publish({ reference: "registry.test/slow:1", pullMs: 100 })
  const refused = new EngineError("registry refused", "denied")
  machine.images.publish({ reference: "registry.test/private:1", pullFails: refused })

  const giveUp = new AbortController()
  const slow = engine.images.pull("registry.test/slow:1", { signal: giveUp.signal })
  giveUp.abort(new Error("given up"))
  await expect(slow).rejects.toThrow("given up")
  const again = engine.images.pull("registry.test/slow:1", { signal: new AbortController().signal })
  await world.advance(100)
  const { id } = await again
  expect((await engine.images.get("registry.test/slow:1"))!.id).toBe(id)

  const { signal } = new AbortController()
  await expect(engine.images.pull("registry.test/private:1", { signal })).rejects.toBe(refused)
  await expect(engine.images.pull("registry.test/none:1", { signal })).rejects.toMatchObject({
    kind: "image not found",
  })
})

test("a connection from inside of a network reaches who serves there", async () => {
  const { machine, engine } = await aMachine({})
  const stop = await engine.serve("n1", "169.254.170.2", 80, (socket) => socket.end("credentials"))
  let said = ""
  for await (const text of machine.connect("n1", "169.254.170.2", 80)!.setEncoding("utf8")) said += text
  expect(said).toBe("credentials")

  expect(machine.connect("n2", "169.254.170.2", 80)).toBeUndefined()
  stop()
  expect(machine.connect("n1", "169.254.170.2", 80)).toBeUndefined()
})

async function aMachine(behaviour: NonNullable<FakeImage["behaviour"]>) {
  const world = simulatedWorld()
  const machine = new FakeMachine(world, [{ reference: REFERENCE, present: true, behaviour }])
  const engine = machine.engine()
  onTestFinished(() => engine.close())
  const events: EngineEvent[] = []
  engine.watch((event) => events.push(event))
  await engine.createTask({ instance: "i1", id: "t1", sharesPids: false, sharesIpc: false })
  await engine.createNetwork({ id: "n1", instance: "i1", taskId: "t1", mode: "bridge", ports: [] })
  await engine.create(aContainer((await engine.images.get(REFERENCE))!.id))
  return { world, machine, engine, events }
}

function aContainer(imageId: string): ContainerSpec {
  return {
    id: "c1",
    instance: "i1",
    taskId: "t1",
    networkId: "n1",
    name: "ecs-web-1-app",
    imageId,
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
    limits: { cpuShares: 0 },
    logBytesMax: 1 << 20,
  }
}

async function logOf(engine: Awaited<ReturnType<typeof aMachine>>["engine"]): Promise<string> {
  let text = ""
  for await (const { bytes } of engine.logs("c1").read(undefined, new AbortController().signal)) {
    text += new TextDecoder().decode(bytes)
  }
  return text
}
