import { expect, test } from "vitest"
import { simulatedWorld } from "./simulated.ts"
import { sleep } from "./world.ts"

test("timers run in the order of their times, equal ones in the order they were set", async () => {
  const world = simulatedWorld()
  const ran: string[] = []
  world.after(20, () => ran.push("later"))
  world.after(10, () => ran.push("first of two"))
  world.after(10, () => ran.push("second of two"))
  const cancel = world.after(15, () => ran.push("cancelled"))
  cancel()
  await world.advance(15)
  expect(ran).toEqual(["first of two", "second of two"])
  await world.advance(5)
  expect(ran).toEqual(["first of two", "second of two", "later"])
})

test("promises settle between two timers", async () => {
  const world = simulatedWorld()
  const ran: string[] = []
  world.after(1, () => void Promise.resolve().then(() => ran.push("what the first timer promised")))
  world.after(1, () => ran.push("second timer"))
  await world.advance(1)
  expect(ran).toEqual(["what the first timer promised", "second timer"])
})

test("wall time may jump while monotonic time goes on", async () => {
  const world = simulatedWorld({ startsAt: 1_000_000 })
  await world.advance(50)
  world.jump(-500)
  expect(world.now()).toBe(1_000_000 + 50 - 500)
  expect(world.monotonic()).toBe(50)
})

test("the same seed draws the same", () => {
  const draw = (seed: number) => {
    const { random } = simulatedWorld({ seed })
    return [...random.bytes(8), random.below(1000), random.below(7)]
  }
  expect(draw(7)).toEqual(draw(7))
  expect(draw(7)).not.toEqual(draw(8))
})

test("a sleep ends early with its signal's reason", async () => {
  const world = simulatedWorld()
  const stop = new AbortController()
  const slept = sleep(world, 1000, stop.signal)
  stop.abort(new Error("enough"))
  await expect(slept).rejects.toThrow("enough")
})
