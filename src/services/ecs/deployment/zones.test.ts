import { expect, test } from "vitest"
import type { Standing } from "./member.ts"
import { aMember } from "./testing.ts"
import { planRebalancing, tasksPerZone, zonesSentence } from "./zones.ts"

function inZones(counts: Readonly<Record<string, number>>, standing: Standing = "healthy") {
  return Object.entries(counts).flatMap(([zone, count]) =>
    Array.from({ length: count }, () => aMember(standing, { on: { zone } })),
  )
}

test("a difference of one is balance, a difference of two is not", () => {
  expect(planRebalancing(inZones({ a: 2, b: 1 }), ["a", "b"])).toBeUndefined()
  expect(planRebalancing(inZones({ a: 3, b: 1 }), ["a", "b"])).toEqual({ from: "a", to: "b" })
})

test("a zone that could have tasks and has none counts, one that could have none does not", () => {
  expect(planRebalancing(inZones({ a: 2 }), ["a", "b"])).toEqual({ from: "a", to: "b" })
  expect(planRebalancing(inZones({ a: 3, gone: 1 }), ["a"])).toBeUndefined()
  expect(planRebalancing(inZones({ gone: 2 }), ["a"])).toEqual({ from: "gone", to: "a" })
})

test("tasks that are stopping do not count", () => {
  const all = [...inZones({ a: 1, b: 1 }), ...inZones({ a: 3 }, "stopping")]
  expect(planRebalancing(all, ["a", "b"])).toBeUndefined()
})

test("zones are named from the fullest to the emptiest", () => {
  const counts = tasksPerZone(inZones({ "az-c": 1, "az-a": 3, "az-b": 1 }), [])
  expect(zonesSentence(counts)).toBe("3 tasks in az-a, 1 tasks in az-b, 1 tasks in az-c")
})
