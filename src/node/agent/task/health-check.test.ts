import { expect, test } from "vitest"
import { type HealthCheck, healthCheckOf, judge, type Streak } from "./health-check.ts"

const CHECK: HealthCheck = { command: ["well"], intervalMs: 1_000, timeoutMs: 500, startPeriodMs: 10_000, retries: 3 }
const FRESH: Streak = { health: { status: "UNKNOWN", since: 0 }, failures: 0 }

const after = (results: readonly (readonly [at: number, exitCode: number])[], check = CHECK) =>
  results.reduce((streak, [at, exitCode]) => judge(check, streak, { exitCode, output: "" }, at, 0), FRESH)

test("one success makes healthy, also within the start period, and forgets what failed before", () => {
  expect(
    after([
      [1_000, 1],
      [2_000, 0],
    ]).health,
  ).toMatchObject({ status: "HEALTHY", since: 2_000 })
  expect(
    after([
      [11_000, 1],
      [12_000, 1],
      [13_000, 0],
      [14_000, 1],
      [15_000, 1],
    ]).health.status,
  ).toBe("HEALTHY")
})

test("as many failures in a row as there are retries make unhealthy; none counts in the start period", () => {
  const early = [1, 2, 3, 4, 5].map((second) => [second * 1_000, 1] as const)
  expect(after(early).health.status).toBe("UNKNOWN")
  expect(after([...early, [10_000, 1], [11_000, 1]]).health.status).toBe("UNKNOWN")
  expect(after([...early, [10_000, 1], [11_000, 1], [12_000, 1]]).health).toMatchObject({
    status: "UNHEALTHY",
    since: 12_000,
  })
})

test("once it was healthy the start period is over", () => {
  expect(
    after([
      [1_000, 0],
      [2_000, 1],
      [3_000, 1],
      [4_000, 1],
    ]).health.status,
  ).toBe("UNHEALTHY")
})

test("what is not asked for comes from the image, and then from Docker's defaults", () => {
  expect(healthCheckOf({ Interval: 5e9 }, { Test: ["CMD", "well", "-v"], Retries: 7, Timeout: 1e9 })).toEqual({
    command: ["well", "-v"],
    intervalMs: 5_000,
    timeoutMs: 1_000,
    startPeriodMs: 0,
    retries: 7,
  })
  expect(healthCheckOf({ Test: ["CMD-SHELL", "a && b"] })).toMatchObject({
    command: ["/bin/sh", "-c", "a && b"],
    intervalMs: 30_000,
  })
})

test("NONE turns the image's check off", () => {
  expect(healthCheckOf({ Test: ["NONE"] }, { Test: ["CMD", "well"] })).toBeUndefined()
  expect(healthCheckOf({})).toBeUndefined()
})
