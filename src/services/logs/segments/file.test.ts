import { readFileSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { StoreUnavailable } from "./event-store.ts"
import { found, testDirectory, until } from "./file.testing.ts"
import { all, batchOf, eventStoreSuite } from "./suite.ts"

const NOTHING = { horizons: new Map<string, number>(), streams: new Set<string>() }

for (const logBytes of [1, 600, undefined]) {
  eventStoreSuite(`events in files, with logs of ${logBytes ?? "the usual"} bytes`, async () => {
    const directory = testDirectory()
    const store = await directory.open(logBytes === undefined ? {} : { logBytes })
    return {
      store,
      async settle() {
        await store.seal()
        await until(() => !store.isBusy)
      },
      async [Symbol.asyncDispose]() {
        await store.close()
        directory[Symbol.dispose]()
      },
    }
  })
}

describe("after a crash", () => {
  test("everything that was acknowledged is there, and may be read and added to", async () => {
    using directory = testDirectory()
    for (let life = 0; life < 5; life++) {
      const store = await directory.open({ logBytes: 400 })
      expect(await all(store, { group: "g" })).toHaveLength(life * 20)
      await Promise.all(Array.from({ length: 20 }, (_, number) => store.append(batchOf("g", `s${number}`, [life]))))
      await store.abandon()
    }
    const store = await directory.open()
    const events = await all(store, { group: "g" })
    expect(new Set(events.map(({ sequence }) => sequence)).size).toBe(100)
    await store.close()
  })

  test("wherever a log is cut, the whole batches before the cut are there, and nothing of the one it went through", async () => {
    using directory = testDirectory()
    const store = await directory.open()
    const lengths: number[] = []
    for (const count of [1, 3, 2]) {
      await store.append(
        batchOf(
          "g",
          "s",
          Array.from({ length: count }, (_, index) => index),
        ),
      )
      lengths.push(readFileSync(join(directory.path, directory.files(".log")[0]!)).length)
    }
    await store.abandon()
    const [name] = directory.files(".log")
    const log = readFileSync(join(directory.path, name!))
    const counts = [1, 4, 6]

    for (let cut = 0; cut <= log.length; cut++) {
      using copy = testDirectory()
      writeFileSync(join(copy.path, name!), log.subarray(0, cut))
      const whole = lengths.filter((length) => length <= cut).length
      expect(await found(copy, "g"), `cut at ${cut}`).toHaveLength(whole === 0 ? 0 : counts[whole - 1]!)
      expect(copy.files(".log")).toEqual([])
    }
  })

  test("a log whose segment is already there is not read twice", async () => {
    using directory = testDirectory()
    const store = await directory.open()
    await store.append(batchOf("g", "s", [1, 2]))
    const [name] = directory.files(".log")
    const log = readFileSync(join(directory.path, name!))
    await store.seal()
    await until(() => !store.isBusy)
    await store.abandon()
    writeFileSync(join(directory.path, name!), log)
    writeFileSync(join(directory.path, "0000000001-0000000009-3.segment.draft"), "half")

    const again = await directory.open()
    expect(await all(again, { group: "g" })).toHaveLength(2)
    expect([directory.files(".log"), directory.files(".draft")]).toEqual([[], []])
    await again.close()
  })

  test("a segment whose merge was not cleaned up after is not read twice", async () => {
    using directory = testDirectory()
    const store = await directory.open({ logBytes: 1 })
    for (let time = 0; time < 8; time++) await store.append(batchOf("g", "s", [time]))
    await until(() => !store.isBusy)
    const before = directory.files(".segment").map((name) => [name, readFileSync(join(directory.path, name))] as const)
    expect(before).toHaveLength(8)
    await store.forget(NOTHING)
    await until(() => !store.isBusy && directory.files(".segment").length === 1)
    await store.abandon()
    for (const [name, bytes] of before) writeFileSync(join(directory.path, name), bytes)

    const again = await directory.open()
    expect((await all(again, { group: "g" })).map(({ time }) => time)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(directory.files(".segment")).toHaveLength(1)
    await again.close()
  })
})

describe("damage", () => {
  test("in the middle of a log costs only the batch that it is in", async () => {
    using directory = testDirectory()
    const store = await directory.open()
    for (const time of [1, 2, 3]) await store.append(batchOf("g", "s", [time]))
    await store.abandon()
    const path = join(directory.path, directory.files(".log")[0]!)
    const log = readFileSync(path)
    log[Math.floor(log.length / 2)]! ^= 0xff
    writeFileSync(path, log)

    const again = await directory.open()
    expect((await all(again, { group: "g" })).map(({ time }) => time)).toEqual([1, 3])
    expect(directory.log.lines.some(({ fields }) => String(fields?.sentence).includes("damaged"))).toBe(true)
    await again.close()
  })

  test("of any byte of a segment is found, told, and never read as something else", async () => {
    using directory = testDirectory()
    const store = await directory.open()
    await store.append(batchOf("g", "s", [1, 2, 3]))
    await store.seal()
    await until(() => !store.isBusy)
    await store.close()
    const [name] = directory.files(".segment")
    const segment = readFileSync(join(directory.path, name!))

    for (let place = 0; place < segment.length; place++) {
      using copy = testDirectory()
      const damaged = Buffer.from(segment)
      damaged[place]! ^= 0x10
      writeFileSync(join(copy.path, name!), damaged)
      expect(await found(copy, "g"), `byte ${place}`).toEqual([])
      expect(copy.log.lines.length).toBeGreaterThan(0)
    }
  })

  test("of a segment that was cut sets it aside, and the others are read", async () => {
    using directory = testDirectory()
    const store = await directory.open({ logBytes: 1 })
    for (const time of [1, 2]) await store.append(batchOf("g", "s", [time]))
    await until(() => !store.isBusy)
    await store.close()
    truncateSync(join(directory.path, directory.files(".segment")[0]!), 40)

    const again = await directory.open()
    expect((await all(again, { group: "g" })).map(({ time }) => time)).toEqual([2])
    expect(directory.files(".damaged")).toHaveLength(1)
    await again.close()
  })
})

describe("room on disk", () => {
  test("an append that finds none is refused as a whole, and others are taken when there is some again", async () => {
    using directory = testDirectory()
    const store = await directory.open({ logBytesMax: 5_000 })
    const large = { ...batchOf("g", "s", [1]), events: [{ time: 1, message: "x".repeat(10_000) }] }
    await store.append(batchOf("g", "s", [1]))
    await expect(store.append(large)).rejects.toThrow(StoreUnavailable)
    await store.append(batchOf("g", "s", [2]))
    const times = async () => (await all(store, { group: "g" })).map(({ time }) => time)
    expect(await times()).toEqual([1, 2])
    await store.abandon()
    const again = await directory.open()
    expect((await all(again, { group: "g" })).map(({ time }) => time)).toEqual([1, 2])
    await again.close()
  })

  test("is given back when a group is gone, and when its events are beyond their time", async () => {
    using directory = testDirectory()
    const store = await directory.open({ logBytes: 1 })
    for (let time = 1; time <= 5; time++) await store.append(batchOf("gone", "s", [time]))
    for (let time = 1; time <= 2; time++) await store.append(batchOf("old", "s", [time]))
    await store.append(batchOf("old", "s", [50]))
    await until(() => !store.isBusy)
    expect(directory.files(".segment")).toHaveLength(8)

    const horizons = new Map([
      ["gone", Number.POSITIVE_INFINITY],
      ["old", 10],
    ])
    await store.forget({ ...NOTHING, horizons })
    await until(() => !store.isBusy && directory.files(".segment").length === 1)
    expect((await all(store, { group: "old" })).map(({ time }) => time)).toEqual([50])
    await store.close()
  })

  test("a group that is gone does not stay in a log that is never filled", async () => {
    using directory = testDirectory()
    const store = await directory.open()
    await store.append(batchOf("gone", "s", [1]))
    await store.forget({ ...NOTHING, horizons: new Map([["gone", Number.POSITIVE_INFINITY]]) })
    await until(() => !store.isBusy && directory.files("").every((name) => !/segment|log/.test(name)))
    expect(store.groups()).toEqual(new Set())
    await store.close()
  })

  test("a scan that has begun reads on when its segments are merged away", async () => {
    using directory = testDirectory()
    const store = await directory.open({ logBytes: 1 })
    for (let time = 0; time < 8; time++) {
      const message = String(time).repeat(2_000)
      await store.append({ ...batchOf("g", "s", [0]), events: Array(600).fill({ time, message }) })
    }
    await until(() => !store.isBusy)
    const scan = store.scan({
      group: "g",
      from: { time: 0, sequence: 0, index: 0 },
      to: { time: 99, sequence: 0, index: 0 },
    })
    let count = (await scan.next()).value!.length
    await store.forget({ horizons: new Map([["g", Number.POSITIVE_INFINITY]]), streams: new Set() })
    expect(store.groups()).toEqual(new Set())
    for await (const chunk of scan) count += chunk.length
    expect(count).toBe(8 * 600)
    await until(() => directory.files(".segment").length === 0)
    await store.close()
  })

  test("ten thousand quiet streams share their blocks", async () => {
    using directory = testDirectory()
    const store = await directory.open()
    await Promise.all(Array.from({ length: 10_000 }, (_, number) => store.append(batchOf("g", `s${number}`, [number]))))
    await store.seal()
    await until(() => !store.isBusy)
    expect(await all(store, { group: "g", streams: new Set(["s77", "s9999"]) })).toHaveLength(2)
    const [name] = directory.files(".segment")
    expect(readFileSync(join(directory.path, name!)).length).toBeLessThan(1_000_000)
    expect((await store.summaries("g")).size).toBe(10_000)
    await store.close()
  })
})

test("a store whose thread has ended refuses what comes then, and what was under way", async () => {
  using directory = testDirectory()
  const store = await directory.open()
  const underWay = store.append(batchOf("g", "s", [1]))
  const refused = expect(underWay).rejects.toThrow(StoreUnavailable)
  await store.abandon()
  await refused
  await expect(store.append(batchOf("g", "s", [1]))).rejects.toThrow(StoreUnavailable)
})
