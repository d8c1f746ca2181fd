import { expect, test } from "vitest"
import { simulatedWorld } from "../../world/simulated.ts"
import { Turn } from "./turn.ts"

test("a turn is over after a while, and begins anew when the others have had theirs", async () => {
  const world = simulatedWorld()
  const turn = new Turn(world, new AbortController().signal)
  const order: string[] = []
  expect(turn.isOver).toBe(false)
  await world.advance(5)
  expect(turn.isOver).toBe(true)
  world.after(0, () => order.push("other"))
  const next = turn.next().then(() => order.push("own"))
  await world.settle()
  await next
  expect(order).toEqual(["other", "own"])
  expect(turn.isOver).toBe(false)
})

test("who has gone away does not get another turn", async () => {
  const turn = new Turn(simulatedWorld(), AbortSignal.abort(new Error("gone")))
  await expect(turn.next()).rejects.toThrow("gone")
})
