import { expect, test } from "vitest"
import { simulatedWorld } from "../../world/simulated.ts"
import { Turns } from "./turns.ts"

test("whoever asks while a turn is under way gets the next one, and all of them the same", async () => {
  const ends: (() => void)[] = []
  const turns = new Turns(simulatedWorld(), () => new Promise((resolve) => ends.push(() => resolve(true))))
  const first = turns.take()
  await Promise.resolve()
  const [second, third] = [turns.take(), turns.take()]
  expect(second).toBe(third)
  ends[0]!()
  await first
  await Promise.resolve()
  ends[1]!()
  await second
  expect(ends).toHaveLength(2)
})

test("a turn that was not enough is tried again after longer and longer pauses, until it is", async () => {
  const world = simulatedWorld()
  const starts: number[] = []
  const turns = new Turns(world, async () => starts.push(world.now()) === 5)
  await turns.take()
  await world.advance(600_000)
  expect(starts.map((start, index) => start - (starts[index - 1] ?? start))).toEqual([0, 1_000, 2_000, 4_000, 8_000])
})

test("who is closed begins no turn any more", async () => {
  const world = simulatedWorld()
  let count = 0
  const turns = new Turns(world, async () => {
    count += 1
    return false
  })
  await turns.take()
  await turns.close()
  void turns.take()
  await world.advance(600_000)
  expect(count).toBe(1)
})
