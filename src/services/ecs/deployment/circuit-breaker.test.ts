import { expect, test } from "vitest"
import type { Deployment } from "../tables/deployment.ts"
import { countFailures, isTripped, rollbackCandidate, THRESHOLD_DEFAULT, thresholdOf } from "./circuit-breaker.ts"

function breaker(type: "BOUNDED_PERCENT" | "UNBOUNDED_PERCENT" | "COUNT" = "BOUNDED_PERCENT", value = 50) {
  return { enable: true, rollback: true, thresholdConfiguration: { type, value } }
}

test("half of the tasks, but at least three and at most two hundred, must fail before a deployment does", () => {
  expect(THRESHOLD_DEFAULT).toEqual({ type: "BOUNDED_PERCENT", value: 50 })
  expect([0, 1, 6, 7, 25, 401, 5000].map((count) => thresholdOf(breaker(), count))).toEqual([3, 3, 3, 4, 13, 200, 200])
})

test("an unbounded percentage is taken as it is, and a count too", () => {
  expect([0, 1, 100, 1000].map((count) => thresholdOf(breaker("UNBOUNDED_PERCENT", 25), count))).toEqual([
    1, 1, 25, 250,
  ])
  expect(thresholdOf(breaker("COUNT", 7), 1000)).toBe(7)
})

test("failures add up, and a task that becomes healthy wipes them out", () => {
  const once = countFailures({ failedTasks: 0 }, { failures: 2, healthySince: undefined, now: 100 }, breaker())
  expect(once).toEqual({ failedTasks: 2, failedAt: 100 })
  expect(countFailures(once, { failures: 1, healthySince: 90, now: 200 }, breaker())).toEqual({
    failedTasks: 3,
    failedAt: 200,
  })
  expect(countFailures(once, { failures: 0, healthySince: 150, now: 200 }, breaker()).failedTasks).toBe(0)
  expect(countFailures(once, { failures: 1, healthySince: 150, now: 200 }, breaker()).failedTasks).toBe(1)
})

test("a service may want failures to add up whatever else happens", () => {
  const before = { failedTasks: 2, failedAt: 100 }
  const kept = { ...breaker(), resetOnHealthyTask: false }
  expect(countFailures(before, { failures: 1, healthySince: 150, now: 200 }, kept).failedTasks).toBe(3)
})

test("only a deployment that is watched is given up", () => {
  const failing = { breaker: "MONITORING", failedTasks: 3 } as Deployment
  expect(isTripped(failing, breaker(), 2)).toBe(true)
  expect(isTripped({ ...failing, failedTasks: 2 }, breaker(), 2)).toBe(false)
  expect(isTripped({ ...failing, breaker: "DISABLED" }, breaker(), 2)).toBe(false)
  expect(isTripped({ ...failing, breaker: "MONITORING_COMPLETE" }, breaker(), 2)).toBe(false)
})

test("a rollback goes to the deployment that was complete last, which need not be the newest", () => {
  let createdAt = 0
  const deployment = (arn: string, completedAt?: number) =>
    ({ arn, createdAt: createdAt++, ...(completedAt !== undefined && { completedAt }) }) as Deployment
  const all = [
    deployment("rolled back to", 30),
    deployment("complete", 20),
    deployment("never"),
    deployment("failed", 40),
  ]
  expect(rollbackCandidate(all, all[3]!)?.arn).toBe("rolled back to")
  expect(rollbackCandidate([all[2]!, all[3]!], all[3]!)).toBeUndefined()
})
