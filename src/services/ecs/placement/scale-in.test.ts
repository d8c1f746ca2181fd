import fc from "fast-check"
import { expect, test } from "vitest"
import { simulatedWorld } from "../../../world/simulated.ts"
import { containerInstances } from "../tables/container-instance.ts"
import { type Task, tasks } from "../tables/task.ts"
import { Capacity } from "./capacity.ts"
import type { PlacementRequest } from "./request.ts"
import { planScaleIn } from "./scale-in.ts"
import { anInstance, aTask } from "./testing.ts"

const BINPACK: PlacementRequest["strategy"] = [{ type: "binpack", field: "memory" }]
const NOW = 1_000_000
const { random } = simulatedWorld()

function serviceTask(id: string, changes: Partial<Task> = {}): Task {
  return aTask(id, { serviceArn: "web", group: "service:web", revisionArn: "new", zone: "a", ...changes })
}

function stopped(all: readonly Task[], count: number, strategy: PlacementRequest["strategy"] = []): string[] {
  const capacity = new Capacity()
  for (const id of ["one", "two"]) capacity.changed(containerInstances, undefined, anInstance(id))
  for (const task of all) capacity.changed(tasks, undefined, task)
  const plan = planScaleIn(capacity, { tasks: all, count, strategy, revisionArn: "new", now: NOW }, random)
  return plan.map(({ arn }) => arn.split("/").at(-1)!)
}

test("zones are left in balance", () => {
  const all = [
    ...[1, 2, 3, 4].map((number) => serviceTask(`a${number}`)),
    ...[1, 2].map((number) => serviceTask(`b${number}`, { zone: "b" })),
    serviceTask("c1", { zone: "c" }),
  ]
  const zones = (names: readonly string[]) => names.map((name) => name[0]).sort()

  expect(zones(stopped(all, 2))).toEqual(["a", "a"])
  expect(zones(stopped(all, 4))).toEqual(["a", "a", "a", "b"])
})

test("tasks that carry no load go first, then those of older revisions", () => {
  const all = [
    serviceTask("healthy"),
    serviceTask("older", { revisionArn: "old" }),
    serviceTask("starting", { lastStatus: "PENDING" }),
    serviceTask("sick", { health: "UNHEALTHY" }),
  ]
  expect(stopped(all, 4)).toEqual(["sick", "starting", "older", "healthy"])
})

test("a protected task stays, until its protection ends, however many are to go", () => {
  const all = [
    serviceTask("kept", { protectedUntil: NOW + 1 }),
    serviceTask("sick", { protectedUntil: NOW + 1, health: "UNHEALTHY" }),
    serviceTask("over", { protectedUntil: NOW }),
  ]
  expect(stopped(all, 3)).toEqual(["over"])
})

test("binpack takes from the emptiest instance until it is free", () => {
  const on = (id: string) => anInstance(id).arn
  const all = [
    ...[1, 2, 3].map((number) => serviceTask(`one${number}`, { instanceArn: on("one") })),
    ...[1, 2].map((number) => serviceTask(`two${number}`, { instanceArn: on("two") })),
  ]
  expect(stopped(all, 2, BINPACK).sort()).toEqual(["two1", "two2"])
})

test("no fewer than asked for are stopped, no protected one, none twice, and no zone falls behind by it", () => {
  const someTask = fc.record({ zone: fc.constantFrom("a", "b", "c"), isProtected: fc.boolean() })
  fc.assert(
    fc.property(fc.array(someTask, { maxLength: 12 }), fc.nat(12), (drawn, count) => {
      const all = drawn.map(({ zone, isProtected }, number) =>
        serviceTask(`${zone}-${number}`, { zone, ...(isProtected && { protectedUntil: NOW + 1 }) }),
      )
      const names = stopped(all, count)
      const free = all.filter(({ protectedUntil }) => protectedUntil === undefined)
      expect(names).toHaveLength(Math.min(count, free.length))
      expect(new Set(names).size).toBe(names.length)
      expect(free.map(({ arn }) => arn.split("/").at(-1))).toEqual(expect.arrayContaining(names))

      // A zone from which one was taken has, with it, no fewer than any other that had one to give.
      const left = (zone: string) => all.filter((task) => task.zone === zone).length - inZone(names, zone)
      for (const zone of ["a", "b", "c"]) {
        if (inZone(names, zone) === 0) continue
        for (const other of ["a", "b", "c"]) {
          const hasMore = free.filter((task) => task.zone === other).length > inZone(names, other)
          if (hasMore) expect(left(zone) + 1).toBeGreaterThanOrEqual(left(other))
        }
      }
    }),
  )
})

function inZone(names: readonly string[], zone: string): number {
  return names.filter((name) => name.startsWith(zone)).length
}
