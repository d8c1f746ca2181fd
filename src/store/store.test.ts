import fc from "fast-check"
import { expect, test, vi } from "vitest"
import { simulatedWorld } from "../world/simulated.ts"
import type { ChangeSet } from "./changes.ts"
import { JournalFailure } from "./journal/journal.ts"
import { Store } from "./store.ts"
import { type AnyTable, table } from "./table.ts"
import { HOME, startStore } from "./testing.ts"
import type { Tx } from "./transaction.ts"
import { view } from "./view.ts"

interface Boat {
  readonly name: string
  readonly harbour: string | undefined
  readonly crew: readonly string[]
  readonly length: number
}

const boats = table({
  name: "test/boats",
  version: 1,
  key: (boat: Boat) => boat.name,
  indexes: { harbour: (boat) => boat.harbour, crew: (boat) => boat.crew },
  ordered: { length: (boat) => boat.length },
})
const flags = table({ name: "test/flags", version: 1, belongsTo: "account", key: (flag: { id: string }) => flag.id })
const seas = table({ name: "test/seas", version: 1, belongsTo: "installation", key: (sea: { id: string }) => sea.id })
const tables = [boats, flags, seas]

const aBoat = (changes: Partial<Boat> = {}): Boat => ({
  name: "Ada",
  harbour: "Kiel",
  crew: [],
  length: 10,
  ...changes,
})
const ELSEWHERE = "444455556666/us-east-1"

test("a transaction that throws leaves nothing behind, in tables and in indexes", async () => {
  const { store } = await startStore(tables)
  store.transact(HOME, (tx) => tx.put(boats, aBoat()))

  const sink = () =>
    store.transact(HOME, (tx) => {
      tx.put(boats, aBoat({ harbour: "Bremen", length: 99 }))
      tx.put(boats, aBoat({ name: "Bea" }))
      tx.delete(boats, "Ada")
      throw new Error("sunk")
    })
  expect(sink).toThrow("sunk")

  store.transact(HOME, (tx) => {
    expect(tx.all(boats)).toEqual([aBoat()])
    expect(tx.where(boats, "harbour", "Kiel")).toEqual([aBoat()])
    expect(tx.some(boats, "harbour", "Bremen")).toBe(false)
    expect(tx.range(boats, "length")).toEqual([aBoat()])
  })
  expect(store.version).toBe(1)
})

test("a transaction sees what it has done itself", async () => {
  const { store } = await startStore(tables)
  store.transact(HOME, (tx) => {
    tx.put(boats, aBoat())
    expect(tx.get(boats, "Ada")).toEqual(aBoat())
    tx.put(boats, aBoat({ harbour: "Bremen" }))
    expect(tx.count(boats, "harbour", "Kiel")).toBe(0)
    expect(tx.count(boats, "harbour", "Bremen")).toBe(1)
    tx.delete(boats, "Ada")
    expect(tx.get(boats, "Ada")).toBeUndefined()
    expect(tx.count(boats)).toBe(0)
  })
  expect(store.version).toBe(0)
})

test("an account sees its own records only, and crosses over explicitly", async () => {
  const { store } = await startStore(tables)
  store.transact(HOME, (tx) => {
    tx.put(boats, aBoat())
    tx.put(flags, { id: "red" })
    tx.anywhere.installation.put(seas, { id: "Baltic" })
  })
  store.transact(ELSEWHERE, (tx) => {
    expect(tx.all(boats)).toEqual([])
    expect(tx.all(flags)).toEqual([])
    expect(tx.anywhere.in(HOME).all(boats)).toEqual([aBoat()])
    expect(tx.anywhere.scopes(boats)).toEqual([HOME])
    expect(tx.anywhere.installation.get(seas, "Baltic")).toEqual({ id: "Baltic" })
  })
  store.transact("111122223333/eu-central-1", (tx) => {
    expect(tx.all(boats)).toEqual([])
    expect(tx.all(flags)).toEqual([{ id: "red" }])
  })
})

test("pages stay whole while records come and go", async () => {
  const { store } = await startStore(tables)
  store.transact(HOME, (tx) => {
    for (const name of ["a", "b", "c", "d", "e"]) tx.put(boats, aBoat({ name }))
  })
  const page = (after?: string) =>
    store.transact(HOME, (tx) =>
      tx.list(boats, { where: ["harbour", "Kiel"], after, limit: 2 }).map(({ name }) => name),
    )

  expect(page()).toEqual(["a", "b"])
  store.transact(HOME, (tx) => {
    tx.delete(boats, "b")
    tx.delete(boats, "d")
    tx.put(boats, aBoat({ name: "aa" }))
    tx.put(boats, aBoat({ name: "cc" }))
  })
  expect(page("b")).toEqual(["c", "cc"])
  expect(page("cc")).toEqual(["e"])
})

test("records are found in the order of a value, within bounds and in both directions", async () => {
  const { store } = await startStore(tables)
  store.transact(HOME, (tx) => {
    for (const length of [7, 3, 9, 3, 5]) tx.put(boats, aBoat({ name: `boat ${length} ${tx.count(boats)}`, length }))
    const lengths = (bounds: Parameters<Tx["range"]>[2]) => tx.range(boats, "length", bounds).map((boat) => boat.length)
    expect(lengths({})).toEqual([3, 3, 5, 7, 9])
    expect(lengths({ descending: true })).toEqual([9, 7, 5, 3, 3])
    expect(lengths({ from: 3, to: 7 })).toEqual([3, 3, 5])
    expect(lengths({ from: 5, to: 9, descending: true })).toEqual([7, 5])
    expect(lengths({ limit: 2 })).toEqual([3, 3])
    expect(lengths({ after: { value: 3, key: "boat 3 1" } })).toEqual([3, 5, 7, 9])
    expect(lengths({ after: { value: 5, key: "boat 5 4" }, descending: true })).toEqual([3, 3])
  })
})

test("a record that was put cannot be changed in place", async () => {
  const { store } = await startStore(tables)
  const boat = { ...aBoat(), crew: ["Eve"] }
  store.transact(HOME, (tx) => tx.put(boats, boat))
  expect(() => boat.crew.push("Bob")).toThrow(TypeError)
})

test("transactions do not nest, do not wait, and are over when they end", async () => {
  const { store } = await startStore(tables)
  expect(() => store.transact(HOME, () => store.transact(HOME, () => {}))).toThrow("begun inside another")
  expect(() => store.transact(HOME, async () => {})).toThrow("must not be asynchronous")
  const leaked = store.transact(HOME, (tx) => tx)
  expect(() => leaked.get(boats, "Ada")).toThrow("used after its end")
})

test("a change set says what was and what is, once for each record, and nothing of what came to nothing", async () => {
  const { store } = await startStore(tables)
  const sets: ChangeSet[] = []
  store.observe((set) => sets.push(set))
  store.transact(HOME, (tx) => tx.put(boats, aBoat()))
  store.transact(HOME, (tx) => {
    tx.put(boats, aBoat({ length: 11 }))
    tx.put(boats, aBoat({ length: 12 }))
    tx.put(boats, aBoat({ name: "Bea" }))
    tx.delete(boats, "Bea")
  })
  expect(sets).toEqual([
    { version: 1, changes: [{ table: boats, scope: HOME, key: "Ada", before: undefined, after: aBoat() }] },
    { version: 2, changes: [{ table: boats, scope: HOME, key: "Ada", before: aBoat(), after: aBoat({ length: 12 }) }] },
  ])
})

test("an answer waits for what it read, and not for what it did not", async () => {
  const { store, world } = await startStore(tables, { appendMs: () => 10 })
  const write = store.attempt(HOME, (tx) => tx.put(boats, aBoat()))
  const readIt = store.attempt(HOME, (tx) => tx.get(boats, "Ada"))
  const readNone = store.attempt(HOME, (tx) => tx.get(boats, "Bea"))
  const readElsewhere = store.attempt(ELSEWHERE, (tx) => tx.get(boats, "Ada"))
  expect([write, readIt, readNone, readElsewhere].map(({ version }) => store.isDurable(version))).toEqual([
    false,
    false,
    false,
    true,
  ])

  const refused = store.attempt(HOME, (tx) => {
    tx.get(boats, "Ada")
    throw new Error("no")
  })
  expect(store.isDurable(refused.version)).toBe(false)

  await world.advance(10)
  expect(store.isDurable(write.version)).toBe(true)
})

test("a deletion that is not durable yet holds back whoever saw that the record is gone", async () => {
  const { store, world } = await startStore(tables, { appendMs: () => 10 })
  store.transact(HOME, (tx) => tx.put(boats, aBoat()))
  await world.advance(10)
  store.transact(HOME, (tx) => tx.delete(boats, "Ada"))
  expect(store.isDurable(store.attempt(HOME, (tx) => tx.get(boats, "Ada")).version)).toBe(false)
})

test("what arrives while an append is under way goes into the next one together", async () => {
  const { store, world, journal } = await startStore(tables, { appendMs: () => 10 })
  expect(journal).toBeDefined()
  const durable: number[] = []
  const write = (name: string) => {
    const { version } = store.attempt(HOME, (tx) => tx.put(boats, aBoat({ name })))
    void store.whenDurable(version).then(() => durable.push(version))
  }
  write("a")
  await world.advance(1)
  write("b")
  write("c")
  await world.advance(9)
  expect(durable).toEqual([1])
  await world.advance(9)
  expect(durable).toEqual([1])
  await world.advance(1)
  expect(durable).toEqual([1, 2, 3])
})

test("a watch hears nothing that is not durable, and loses nothing between its snapshot and the feed", async () => {
  const { store, world } = await startStore(tables, { appendMs: () => 10 })
  store.transact(HOME, (tx) => tx.put(boats, aBoat({ name: "a" })))
  const heard: unknown[] = []
  const stop = store.watch(HOME, {
    tables: [boats],
    snapshot: (tx) => tx.all(boats).map(({ name }) => name),
    begin: (names) => heard.push(names),
    changed: ({ version }) => heard.push(version),
  })
  store.transact(HOME, (tx) => tx.put(boats, aBoat({ name: "b" })))
  store.transact(HOME, (tx) => tx.anywhere.installation.put(seas, { id: "North" }))
  store.transact(HOME, (tx) => tx.put(boats, aBoat({ name: "c" })))
  expect(heard).toEqual([])
  await world.advance(40)
  expect(heard).toEqual([["a"], 2, 4])
  stop()
  store.transact(HOME, (tx) => tx.put(boats, aBoat({ name: "d" })))
  await world.advance(40)
  expect(heard).toEqual([["a"], 2, 4])
})

test("after a failed append nothing is acknowledged, answered or begun any more", async () => {
  const lost = Promise.withResolvers<JournalFailure>()
  const world = simulatedWorld()
  const store = new Store({ world, tables })
  const failure = new JournalFailure("full", "The disk is full.")
  store.lead({ version: 0, append: () => Promise.reject(failure), mayAnswer: () => true, lost: lost.promise })
  const { version } = store.attempt(HOME, (tx) => tx.put(boats, aBoat()))
  const told = expect(store.whenDurable(version)).rejects.toBe(failure)
  await world.settle()
  await told
  await expect(store.whenDurable(version)).rejects.toBe(failure)
  expect(store.mayAnswer()).toBe(false)
  expect(() => store.transact(HOME, () => {})).toThrow("does not lead")
})

test("a store that follows is not written to", () => {
  const store = new Store({ world: simulatedWorld(), tables })
  expect(() => store.transact(HOME, () => {})).toThrow("does not lead")
  expect(store.mayAnswer()).toBe(false)
})

test("records of an older version are brought up to date when they are loaded", () => {
  const old = { name: "Ada", berth: "Kiel 4" }
  const upgraded = table({
    name: "test/boats",
    version: 3,
    key: (boat: { name: string }) => boat.name,
    upgrades: {
      1: (boat: { name: string; berth: string }) => ({ name: boat.name, harbour: boat.berth.split(" ")[0] }),
      2: (boat: { name: string; harbour: string }) => ({ ...boat, crew: [] }),
    },
  })
  const store = new Store({ world: simulatedWorld(), tables: [upgraded] })
  store.load([{ table: "test/boats", tableVersion: 1, scope: HOME, key: "Ada", record: old }], 1)
  expect([...store.everyRecord(upgraded)]).toEqual([[HOME, { name: "Ada", harbour: "Kiel", crew: [] }]])
})

test("records that a newer Homeport wrote are refused instead of misread", () => {
  const store = new Store({ world: simulatedWorld(), tables })
  const change = { table: "test/boats", tableVersion: 2, scope: HOME, key: "Ada", record: {} }
  expect(() => store.load([change], 1)).toThrow("knows version 1")
  expect(() => store.load([{ ...change, table: "test/ships" }], 1)).toThrow("does not know")
})

test("a table must say how each older version becomes the next", () => {
  expect(() => table({ name: "test/x", version: 2, key: () => "" })).toThrow("no upgrade from version 1")
})

test("a store behaves as a plain map does, over restarts, whatever is done to it", async () => {
  const name = fc.constantFrom("a", "b", "c", "d", "e", "f")
  const harbour = fc.constantFrom("Kiel", "Bremen", undefined)
  const put = fc.record({
    name,
    harbour,
    crew: fc.uniqueArray(fc.constantFrom("x", "y"), { maxLength: 2 }),
    length: fc.nat(5),
  })
  const change = fc.oneof(
    put.map((boat) => (tx: Tx, model: Map<string, Boat>) => {
      tx.put(boats, boat)
      model.set(boat.name, boat)
    }),
    name.map((key) => (tx: Tx, model: Map<string, Boat>) => {
      tx.delete(boats, key)
      model.delete(key)
    }),
  )
  const step = fc.record({
    changes: fc.array(change, { maxLength: 5 }),
    outcome: fc.constantFrom("kept", "thrown", "restarted"),
  })
  const byName = (a: Boat, b: Boat) => (a.name < b.name ? -1 : 1)

  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      let current = await startStore(tables)
      let model = new Map<string, Boat>()
      for (const { changes, outcome } of steps) {
        const next = new Map(model)
        const run = () =>
          current.store.transact(HOME, (tx) => {
            for (const apply of changes) apply(tx, next)
            if (outcome === "thrown") throw new Error("undone")
          })
        if (outcome === "thrown") expect(run).toThrow("undone")
        else {
          run()
          model = next
        }
        if (outcome === "restarted") {
          await current.world.advance(1)
          current.journal.crash()
          current = await startStore(tables, { disk: current.disk })
        }
        current.store.transact(HOME, (tx) => {
          const all = [...model.values()].sort(byName)
          expect(tx.list(boats)).toEqual(all)
          for (const place of ["Kiel", "Bremen"]) {
            const there = all.filter((boat) => boat.harbour === place)
            expect(tx.where(boats, "harbour", place).toSorted(byName)).toEqual(there)
            expect(tx.list(boats, { where: ["harbour", place] })).toEqual(there)
            expect(tx.count(boats, "harbour", place)).toBe(there.length)
          }
          expect(tx.where(boats, "crew", "x").toSorted(byName)).toEqual(all.filter((boat) => boat.crew.includes("x")))
          expect(tx.range(boats, "length").map((boat) => boat.name)).toEqual(
            all.toSorted((a, b) => a.length - b.length || byName(a, b)).map((boat) => boat.name),
          )
        })
      }
    }),
    { numRuns: 150 },
  )
})

test("a table's function that throws leaves every index as it was", async () => {
  const picky = table({
    name: "test/picky",
    version: 1,
    key: (record: { id: string; kind: string; bad: boolean }) => record.id,
    indexes: {
      kind: ({ kind }) => kind,
      bad: ({ bad }) => {
        if (bad) throw new Error("no such place")
        return "fine"
      },
    },
  })
  const { store } = await startStore([picky])
  store.transact(HOME, (tx) => tx.put(picky, { id: "1", kind: "a", bad: false }))
  const put = (id: string) => store.transact(HOME, (tx) => tx.put(picky, { id, kind: "b", bad: true }))
  expect(() => put("1")).toThrow("no such place")
  expect(() => put("2")).toThrow("no such place")
  store.transact(HOME, (tx) => {
    expect(tx.where(picky, "kind", "a")).toHaveLength(1)
    expect(tx.count(picky, "kind", "b")).toBe(0)
    expect(tx.count(picky)).toBe(1)
  })
})

test("an observer that throws does not undo what has been committed", async () => {
  const { store } = await startStore(tables)
  store.observe(() => {
    throw new Error("not my day")
  })
  expect(() => store.transact(HOME, (tx) => tx.put(boats, aBoat()))).toThrow("not my day")
  expect([...store.everyRecord(boats)]).toHaveLength(1)
})

test("deleting what is being deleted waits for the deletion, as does hearing that a scope is empty", async () => {
  const { store, world } = await startStore(tables, { appendMs: () => 10 })
  store.transact(HOME, (tx) => tx.put(boats, aBoat()))
  await world.advance(10)
  const first = store.attempt(HOME, (tx) => tx.delete(boats, "Ada"))
  expect(store.attempt(HOME, (tx) => tx.delete(boats, "Ada")).version).toBe(first.version)
  expect(store.attempt(HOME, (tx) => tx.anywhere.scopes(boats)).version).toBe(first.version)
})

test("asking about a scope that nobody has used makes nothing", async () => {
  const { store } = await startStore(tables)
  store.transact("123456789012/nowhere-1", (tx) => {
    expect(tx.list(boats)).toEqual([])
    expect(tx.anywhere.scopes(boats)).toEqual([])
  })
  expect([...store.everyRows(boats)]).toEqual([])
})

test("what JSON cannot hold is refused when it is put", async () => {
  const { store } = await startStore(tables)
  for (const length of [Number.NaN, new Date(), new Uint8Array(1), 1n] as never[]) {
    expect(() => store.transact(HOME, (tx) => tx.put(boats, aBoat({ length })))).toThrow("which JSON cannot")
  }
})

test("a failing append ends the store as a lost lead does", async () => {
  const world = simulatedWorld()
  const store = new Store({ world, tables })
  const never = new Promise<never>(() => {})
  store.lead({
    version: 0,
    append: () => Promise.reject(new Error("cannot be written down")),
    mayAnswer: () => true,
    lost: never,
  })
  store.transact(HOME, (tx) => tx.put(boats, aBoat()))
  await world.settle()
  expect((await store.lost).message).toBe("cannot be written down")
})

test("a watcher that throws does not keep the others from hearing", async () => {
  const { store, world } = await startStore(tables)
  const heard: number[] = []
  const watch = (changed: (version: number) => void) =>
    store.watch(HOME, {
      tables: [boats],
      snapshot: () => 0,
      begin: () => {},
      changed: ({ version }) => changed(version),
    })
  watch(() => {
    throw new Error("deaf")
  })
  watch((version) => heard.push(version))
  store.transact(HOME, (tx) => tx.put(boats, aBoat()))
  await world.settle()
  expect(heard).toEqual([1])
})

test("a view agrees with the tables at every moment, also after a transaction was undone", async () => {
  const lengthByHarbour = view({
    name: "test/length-by-harbour",
    tables: [boats],
    create: () => {
      const sums = new Map<string, number>()
      const add = (boat: Boat | undefined, sign: 1 | -1) => {
        if (boat?.harbour !== undefined) sums.set(boat.harbour, (sums.get(boat.harbour) ?? 0) + sign * boat.length)
      }
      return {
        sums,
        changed(_table: AnyTable, before: object | undefined, after: object | undefined) {
          add(before as Boat | undefined, -1)
          add(after as Boat | undefined, 1)
        },
      }
    },
  })
  const { store } = await startStore(tables)
  store.transact(HOME, (tx) => tx.put(boats, aBoat({ length: 5 })))
  const sums = () => store.transact(HOME, (tx) => Object.fromEntries(tx.view(lengthByHarbour).sums))
  expect(sums()).toEqual({ Kiel: 5 })
  store.transact(HOME, (tx) => {
    tx.put(boats, aBoat({ length: 7 }))
    tx.put(boats, aBoat({ name: "Bea", length: 2 }))
    expect(tx.view(lengthByHarbour).sums.get("Kiel")).toBe(9)
  })
  const undone = store.attempt(HOME, (tx) => {
    tx.delete(boats, "Ada")
    tx.put(boats, aBoat({ name: "Bea", harbour: "Bremen", length: 3 }))
    throw new Error("undone")
  })
  expect(undone.ok).toBe(false)
  expect(sums()).toEqual({ Kiel: 9, Bremen: 0 })
  expect(store.transact(ELSEWHERE, (tx) => tx.view(lengthByHarbour).sums.size)).toBe(0)
})

test("a journal's loss of the lead silences the store", async () => {
  const { store, journal } = await startStore(tables)
  expect(store.mayAnswer()).toBe(true)
  await journal.close()
  await vi.waitFor(() => expect(store.mayAnswer()).toBe(false))
})
