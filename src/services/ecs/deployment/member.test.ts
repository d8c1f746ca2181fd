import { expect, test } from "vitest"
import { aTask } from "../placement/testing.ts"
import type { Task } from "../tables/task.ts"
import { PROVEN_MS, type Standing, standingOf } from "./member.ts"

const NOW = 1_000_000

function standing(changes: Partial<Task>, checked: readonly string[] = [], graceMs = 0): Standing | undefined {
  return standingOf(aTask("one", { startedAt: 0, ...changes }), { now: NOW, checked: new Set(checked), graceMs })
}

function containers(...health: readonly ("HEALTHY" | "UNHEALTHY" | "UNKNOWN")[]): Pick<Task, "containers"> {
  return { containers: health.map((status, index) => ({ name: `c${index}`, health: status })) as never }
}

test("a task without a health check is healthy 40 seconds after it runs", () => {
  expect(standing({ startedAt: NOW - PROVEN_MS })).toBe("healthy")
  expect(standing({ startedAt: NOW - PROVEN_MS + 1 })).toBe("unproven")
  expect(standing({ lastStatus: "PENDING" })).toBe("starting")
  // The clock has been set back since.
  expect(standing({ startedAt: NOW + PROVEN_MS })).toBe("healthy")
})

test("a task with health checks is what all of them say", () => {
  expect(standing(containers("HEALTHY", "HEALTHY"), ["c0", "c1"])).toBe("healthy")
  expect(standing(containers("HEALTHY", "UNKNOWN"), ["c0", "c1"])).toBe("starting")
  expect(standing(containers("HEALTHY", "UNHEALTHY"), ["c0", "c1"])).toBe("unhealthy")
})

test("a container without a check says nothing", () => {
  expect(standing(containers("HEALTHY", "UNKNOWN"), ["c0"])).toBe("healthy")
})

test("within its grace period an unhealthy task is still starting", () => {
  const recent = { ...containers("UNHEALTHY"), startedAt: NOW - 10_000 }
  expect(standing(recent, ["c0"], 20_000)).toBe("starting")
  expect(standing(recent, ["c0"], 10_000)).toBe("unhealthy")
})

test("a task that is wanted no more is stopping as long as anything of it runs", () => {
  for (const lastStatus of ["PENDING", "RUNNING", "DEACTIVATING", "STOPPING"] as const) {
    expect(standing({ lastStatus, desiredStatus: "STOPPED" })).toBe("stopping")
  }
  expect(standing({ lastStatus: "DEPROVISIONING", desiredStatus: "STOPPED" })).toBeUndefined()
  expect(standing({ lastStatus: "STOPPED", desiredStatus: "STOPPED" })).toBeUndefined()
})
