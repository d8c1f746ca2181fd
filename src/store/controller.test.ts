import { expect, test } from "vitest"
import { recordingLog } from "../world/log.ts"
import { type SimulatedWorld, simulatedWorld } from "../world/simulated.ts"
import { type Controller, ControllerRunner, controller, on } from "./controller.ts"
import { retention } from "./retention.ts"
import { table } from "./table.ts"
import { HOME, startStore } from "./testing.ts"

interface Lamp {
  readonly name: string
  readonly room: string
  readonly wanted: boolean
  readonly lit: boolean
}

const lamps = table({
  name: "test/lamps",
  version: 1,
  key: (lamp: Lamp) => lamp.name,
  indexes: { room: (lamp) => lamp.room },
})
const aLamp = (changes: Partial<Lamp> = {}): Lamp => ({
  name: "desk",
  room: "study",
  wanted: true,
  lit: false,
  ...changes,
})

/** Lights what is wanted, one lamp a turn. */
const lighting = controller({
  name: "test/lighting",
  wakes: [on(lamps, (lamp) => lamp.room)],
  reconcile({ tx, again }, room) {
    const dark = tx.where(lamps, "room", room).filter((lamp) => lamp.wanted && !lamp.lit)
    if (dark[0] !== undefined) tx.put(lamps, { ...dark[0], lit: true })
    if (dark.length > 1) again()
  },
})

async function startControllers(controllers: readonly Controller[], world = simulatedWorld()) {
  const started = await startStore([lamps], { world })
  const runner = new ControllerRunner(world, started.store, controllers)
  return { ...started, runner }
}

test("a controller brings about what is wanted, a piece at a time", async () => {
  const { store, world, runner } = await startControllers([lighting])
  runner.start()
  store.transact(HOME, (tx) => {
    for (const name of ["a", "b", "c"]) tx.put(lamps, aLamp({ name }))
  })
  await world.settle()
  expect(store.transact(HOME, (tx) => tx.all(lamps).every((lamp) => lamp.lit))).toBe(true)
})

test("what was there before the controllers started wakes them", async () => {
  const { store, world, runner } = await startControllers([lighting])
  store.transact(HOME, (tx) => tx.put(lamps, aLamp()))
  await world.settle()
  runner.start()
  await world.settle()
  expect(store.transact(HOME, (tx) => tx.get(lamps, "desk")?.lit)).toBe(true)
})

test("many wakes for one key make one turn", async () => {
  const { store, world, runner } = await startControllers([{ ...lighting, reconcile: () => {} }])
  runner.start()
  await world.settle()
  for (let i = 0; i < 50; i++) store.transact(HOME, (tx) => tx.put(lamps, aLamp({ name: `lamp ${i}` })))
  await world.settle()
  expect(runner.status()[0]).toMatchObject({ turns: 1, ready: 0 })
})

test("a record that moves wakes where it left as well as where it came", async () => {
  const rooms: string[] = []
  const { store, world, runner } = await startControllers([
    { ...lighting, reconcile: (_turn, room) => void rooms.push(room) },
  ])
  store.transact(HOME, (tx) => tx.put(lamps, aLamp()))
  runner.start()
  await world.settle()
  rooms.length = 0
  store.transact(HOME, (tx) => tx.put(lamps, aLamp({ room: "hall" })))
  await world.settle()
  expect(rooms.sort()).toEqual(["hall", "study"])
})

test("a controller that throws is tried again later and later, can be seen, and stops nobody", async () => {
  const log = recordingLog()
  let broken = true
  const flaky = controller({
    name: "test/flaky",
    wakes: [on(lamps, (lamp) => lamp.room)],
    reconcile({ tx }) {
      if (tx.get(lamps, "half done") === undefined) tx.put(lamps, aLamp({ name: "half done" }))
      if (broken) throw new Error("the fuse has blown")
    },
  })
  const { store, world, runner } = await startControllers([flaky, lighting], simulatedWorld({ log }))
  runner.start()
  store.transact(HOME, (tx) => tx.put(lamps, aLamp()))
  await world.settle()

  expect(store.transact(HOME, (tx) => tx.get(lamps, "desk")?.lit)).toBe(true)
  expect(store.transact(HOME, (tx) => tx.get(lamps, "half done"))).toBeUndefined()
  const failing = () => runner.status()[0]!.failing
  const attempts = failing()[0]!.attempts
  expect(failing()).toMatchObject([{ scope: HOME, key: "study", message: "the fuse has blown" }])
  expect(log.lines.some(({ level, fields }) => level === "error" && fields.controller === "test/flaky")).toBe(true)

  await world.advance(60_000)
  expect(failing()[0]!.attempts).toBeGreaterThan(attempts + 2)
  expect(failing()[0]!.attempts).toBeLessThan(attempts + 10)

  broken = false
  await world.advance(60_000)
  expect(failing()).toEqual([])
  expect(store.transact(HOME, (tx) => tx.get(lamps, "half done"))).toBeDefined()
})

test("a controller that comes to no rest is slowed down, and the others go on", async () => {
  const log = recordingLog()
  const restless = controller({
    name: "test/restless",
    wakes: [on(lamps, (lamp) => lamp.room)],
    reconcile: ({ tx }, room) => tx.put(lamps, aLamp({ name: "flicker", room, wanted: false })),
  })
  const { store, world, runner } = await startControllers([restless, lighting], simulatedWorld({ log }))
  runner.start()
  store.transact(HOME, (tx) => tx.put(lamps, aLamp()))
  await world.settle()
  expect(log.lines.map(({ message }) => message)).toEqual(["a controller comes to no rest and is slowed down"])
  expect(store.transact(HOME, (tx) => tx.get(lamps, "desk")?.lit)).toBe(true)
})

test("a controller is woken at the time that it asked for, even when the clock jumps", async () => {
  const turns: number[] = []
  const world = simulatedWorld()
  const alarm = world.now() + 3 * 60_000
  const waiting = controller({
    name: "test/waiting",
    wakes: [on(lamps, (lamp) => lamp.room)],
    reconcile({ now, wakeAt }) {
      if (now < alarm) wakeAt(alarm)
      else turns.push(now)
    },
  })
  const { store, runner } = await startControllers([waiting], world)
  runner.start()
  store.transact(HOME, (tx) => tx.put(lamps, aLamp()))
  await world.settle()
  world.jump(2 * 60_000)
  await world.advance(60_000)
  expect(turns).toEqual([alarm])
})

test("an account with much to do does not keep another one waiting", async () => {
  const served: string[] = []
  const { store, world, runner } = await startControllers([
    { ...lighting, reconcile: ({ tx }, room) => void served.push(`${tx.scope.slice(0, 3)} ${room}`) },
  ])
  runner.start()
  await world.settle()
  for (let i = 0; i < 300; i++)
    store.transact(HOME, (tx) => tx.put(lamps, aLamp({ name: `lamp ${i}`, room: `room ${i}` })))
  store.transact("444455556666/us-east-1", (tx) => tx.put(lamps, aLamp()))
  await world.settle()
  expect(served.indexOf("444 study")).toBeLessThan(3)
  expect(served).toHaveLength(301)
})

test("an account that always has more to do gets every other turn, not all of them", async () => {
  const served: string[] = []
  const { store, world, runner } = await startControllers([
    controller({
      name: "test/busy",
      wakes: [on(lamps, (lamp) => lamp.name)],
      reconcile({ tx, again }) {
        served.push(tx.scope.slice(0, 3))
        if (tx.scope === HOME && served.length < 400) again()
      },
    }),
  ])
  runner.start()
  await world.settle()
  store.transact(HOME, (tx) => tx.put(lamps, aLamp()))
  for (let i = 0; i < 50; i++) {
    store.transact("444455556666/us-east-1", (tx) => tx.put(lamps, aLamp({ name: `lamp ${i}` })))
  }
  await world.settle()
  expect(served.slice(0, 100).filter((account) => account === "444")).toHaveLength(50)
})

test("a turn ends when its time is used up, however many accounts wait", async () => {
  const world = simulatedWorld()
  let worked = 0
  const slow: SimulatedWorld = { ...world, monotonic: () => world.monotonic() + worked }
  const started = await startStore([lamps], { world: slow })
  const turns: number[] = []
  const runner = new ControllerRunner(slow, started.store, [
    controller({
      name: "test/slow",
      wakes: [on(lamps, (lamp) => lamp.name)],
      reconcile() {
        worked += 2
        turns[turns.length - 1]! += 2
      },
    }),
  ])
  runner.start()
  await world.settle()
  for (let i = 0; i < 30; i++) started.store.transact(`${100000000000 + i}/us-east-1`, (tx) => tx.put(lamps, aLamp()))
  for (let i = 0; i < 60; i++) {
    turns.push(0)
    await world.step()
  }
  expect(worked).toBe(60)
  expect(Math.max(...turns)).toBeLessThanOrEqual(8)
})

test("a key that keeps failing is not tried at every change", async () => {
  let tries = 0
  const broken = controller({
    name: "test/broken",
    wakes: [on(lamps, () => "all")],
    reconcile() {
      tries += 1
      throw new Error("broken")
    },
  })
  const { store, world, runner } = await startControllers([broken])
  runner.start()
  for (let i = 0; i < 100; i++) {
    store.transact(HOME, (tx) => tx.put(lamps, aLamp({ name: `lamp ${i}` })))
    await world.settle()
  }
  expect(tries).toBe(1)
})

test("a controller that cannot say whom a record wakes fails alone, and the record stays", async () => {
  const confused = controller({
    name: "test/confused",
    wakes: [
      on(lamps, () => {
        throw new Error("which lamp?")
      }),
    ],
    reconcile() {},
  })
  const { store, world, runner } = await startControllers([confused, lighting])
  runner.start()
  store.transact(HOME, (tx) => tx.put(lamps, aLamp()))
  await world.settle()
  expect(store.transact(HOME, (tx) => tx.get(lamps, "desk")?.lit)).toBe(true)
  expect(runner.status()[0]!.failing).toMatchObject([{ message: "which lamp?" }])
})

test("records are forgotten when their time has come, not before", async () => {
  interface Note {
    readonly id: string
    readonly doneAt: number | undefined
  }
  const notes = table({
    name: "test/notes",
    version: 1,
    key: (note: Note) => note.id,
    retention: { until: ({ doneAt }) => (doneAt === undefined ? undefined : doneAt + 1_000) },
  })
  const world = simulatedWorld()
  const { store } = await startStore([notes], { world })
  new ControllerRunner(world, store, retention([notes])).start()
  const start = world.now()
  store.transact(HOME, (tx) => {
    tx.put(notes, { id: "open", doneAt: undefined })
    for (let i = 0; i < 450; i++) tx.put(notes, { id: `done ${i}`, doneAt: start })
    tx.put(notes, { id: "done later", doneAt: start + 500 })
  })
  const left = () => store.transact(HOME, (tx) => tx.list(notes).map(({ id }) => id))

  await world.advance(999)
  expect(left()).toHaveLength(452)
  await world.advance(1)
  expect(left()).toEqual(["done later", "open"])
  await world.advance(500)
  expect(left()).toEqual(["open"])
})
