import { describe, expect, test, vi } from "vitest"
import type { Cable } from "../../../test/postgres/cable.ts"
import type { StoredChange } from "./journal.ts"
import { aDatabase, aReplica, PATIENCE } from "./postgres.testing.ts"
import { entry, gone, put } from "./testing.ts"

// The connection is lost at one request after the other, until the work is done before the turn of the next one has come.

vi.setConfig({ testTimeout: 120_000 })

const { aStore } = aDatabase()

/** What each version changes, so that what a version holds is known without keeping it. */
function changesOf(version: number): StoredChange[] {
  const key = `key-${version % 7}`
  return [version % 5 === 0 ? gone(key) : put(key, { version }), put(`own-${version % 40}`, { version })]
}

function recordsAt(version: number): ReadonlyMap<string, object> {
  const model = aReplica()
  for (let at = 1; at <= version; at++) model.apply(changesOf(at), at)
  return model.records
}

const entryOf = (version: number) => entry(version, ...changesOf(version))

describe.each(["request", "answer"] as const)("a connection that is lost before any %s", (side) => {
  const cutBefore = (cable: Cable, count: number) =>
    side === "request" ? cable.cutBeforeRequest(count) : cable.cutBeforeAnswer(count)

  test("of a start: it leads with everything, or it ends and the next one does", async () => {
    const store = aStore()
    const filler = await store.led()
    let version = 0
    // More than is read at once lies in the log beyond what is folded.
    while (version < 30) await filler.leadership.append([entryOf(++version)])
    await filler.journal.fold()
    while (version < 140) await filler.leadership.append([entryOf(++version)])
    await filler.journal.close()

    let cuts = 0
    for (let count = 1; cuts === count - 1; count++) {
      let start = await store.open({}, (cable) => {
        cutBefore(cable, count)
        void cable.isCut().then(() => {
          cuts += 1
          cable.mend()
        })
      })
      const failure = await start.leading.then(() => undefined, String)
      if (failure !== undefined) {
        expect(failure).toContain("The database cannot be reached")
        await start.journal.close()
        start = await store.open()
      }
      const leadership = await start.leading
      expect(leadership.version).toBe(version)
      expect(start.replica.records).toEqual(recordsAt(version))
      await leadership.append([entryOf(++version)])
      await start.journal.close()
    }
    expect(cuts).toBeGreaterThan(15)
  })

  test("of folding: what was folded is folded once, and what was not is folded the next time", async () => {
    const store = aStore()
    let version = 0
    let cuts = 0
    for (let count = 1; cuts === count - 1; count++) {
      // So that nothing but the folding asks for anything meanwhile, and so that it removes what it has folded.
      const leader = await store.led({ leaseMs: 3_600_000, foldEveryMs: 3_600_000, keepLogMs: 0 })
      expect(leader.leadership.version).toBe(version)
      expect(leader.replica.records).toEqual(recordsAt(version))
      for (let appends = 0; appends < 10; appends++) await leader.leadership.append([entryOf(++version)])

      cutBefore(leader.cable, count)
      void leader.cable.isCut().then(() => {
        cuts += 1
      })
      await leader.journal.fold().catch(() => {})
      leader.cable.mend()
      await leader.leadership.append([entryOf(++version)])
      await leader.journal.fold()
      expect(await store.sql("SELECT version FROM folded")).toBe(String(version))
      expect(await store.sql("SELECT count(*) FROM log")).toBe("0")
      await leader.leadership.append([entryOf(++version)])
      await leader.journal.close()
    }
    expect(cuts).toBeGreaterThan(5)
  })

  test("of a standby: it goes on where it was and misses nothing", async () => {
    const store = aStore()
    const leader = await store.led({ leaseMs: 3_600_000, foldEveryMs: 20 })
    const standby = await store.standby()
    let version = 0
    for (let count = 1; count <= 8; count++) {
      cutBefore(standby.cable, count)
      let isCut = false
      void standby.cable.isCut().then(() => {
        isCut = true
      })
      while (!isCut) await leader.leadership.append([entryOf(++version)])
      standby.cable.mend()
      await leader.leadership.append([entryOf(++version)])

      await vi.waitFor(() => expect(standby.replica.version).toBe(version), PATIENCE)
      expect(standby.replica.records).toEqual(recordsAt(version))
    }
  })
})
