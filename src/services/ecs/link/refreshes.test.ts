import { expect, test } from "vitest"
import { Refreshes } from "./refreshes.ts"

const HOUR = 3_600_000

test("credentials are renewed an hour after they were told, and each hour again", () => {
  const refreshes = new Refreshes()
  refreshes.told("a", 0)
  refreshes.told("b", 10)

  expect(refreshes.isDue(HOUR - 1)).toBe(false)
  expect([...refreshes.due(HOUR)]).toEqual(["a"])
  refreshes.told("a", HOUR)
  expect([...refreshes.due(HOUR + 10)]).toEqual(["b"])
  refreshes.told("b", HOUR + 10)
  expect([...refreshes.due(2 * HOUR)]).toEqual(["a"])
})

test("what an agent has from an earlier connection is renewed soon, unless it is told before", () => {
  const refreshes = new Refreshes()
  refreshes.unknown("a", 50)
  refreshes.unknown("b", 50)
  refreshes.told("a", 10)
  refreshes.unknown("a", 20)

  expect([...refreshes.due(50)]).toEqual(["b"])
})

test("a task that is over is not renewed", () => {
  const refreshes = new Refreshes()
  refreshes.told("a", 0)
  refreshes.drop("a")

  expect(refreshes.isDue(HOUR)).toBe(false)
})

test("thousands that are due at once are renewed a few at a time", () => {
  const refreshes = new Refreshes()
  for (let n = 0; n < 1_000; n++) refreshes.unknown(`task ${n}`, 0)

  expect([...refreshes.due(1)]).toHaveLength(32)
})
