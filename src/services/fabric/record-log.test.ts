import fc from "fast-check"
import { expect, test } from "vitest"
import { type FabricRecord, keyOf, recordOf } from "./record.ts"
import { RecordLog } from "./record-log.ts"

function peering(id: string, vpcId: string): FabricRecord {
  return recordOf("peering", { id, vpcIds: [vpcId] })
}

function contentOf(records: Iterable<FabricRecord>): Map<string, unknown> {
  return new Map([...records].map(({ kind, record }) => [keyOf({ kind, id: record.id }), record]))
}

test("what a version lacks brings it to what there is now, for every version that is remembered", () => {
  const states = fc.array(
    fc.uniqueArray(fc.tuple(fc.constantFrom("a", "b", "c", "d"), fc.constantFrom("x", "y")), {
      selector: ([id]) => id,
    }),
    { minLength: 1, maxLength: 30 },
  )
  fc.assert(
    fc.property(states, (all) => {
      const log = new RecordLog()
      const seen = all.map((state, at) => {
        log.replace(
          state.map(([id, vpcId]) => peering(id, vpcId)),
          at + 1,
        )
        return contentOf(log.all())
      })
      for (const [at, then] of seen.entries()) {
        const { put, removed } = log.since(at + 1)!
        const now = new Map([...then, ...contentOf(put)])
        for (const name of removed) now.delete(keyOf(name))
        expect(now).toEqual(contentOf(log.all()))
      }
    }),
  )
})

test("a record that is the same as before is no change", () => {
  const log = new RecordLog()
  expect(log.replace([peering("a", "x")], 1)).toBe(true)
  expect(log.replace([peering("a", "x")], 2)).toBe(false)
  expect(log.since(1)).toEqual({ put: [], removed: [] })
})

test("what is remembered is bounded, and what is forgotten is said to be", () => {
  const log = new RecordLog()
  for (let version = 1; version <= 5_000; version++) log.replace([peering("a", String(version))], version)
  expect(log.since(1)).toBeUndefined()
  expect(log.namesAt(1)).toBeUndefined()
  expect(log.since(4_999)!.put).toEqual([peering("a", "5000")])
})

test("of one that came and went, the name is known to who may have it", () => {
  const log = new RecordLog()
  log.replace([peering("a", "x"), peering("b", "x")], 1)
  log.replace([peering("b", "x")], 2)
  expect(log.since(1)!.removed).toEqual([{ kind: "peering", id: "a" }])
  expect(log.namesAt(1)).toHaveLength(2)
})

test("a record that has changed often is told once, as it is", () => {
  const log = new RecordLog()
  for (let version = 1; version <= 5; version++) log.replace([peering("a", String(version))], version)
  expect(log.since(1)!.put).toEqual([peering("a", "5")])
})
