import fc from "fast-check"
import { expect, test } from "vitest"
import { ShardedMap } from "./sharded-map.ts"

test("a sharded map holds what a map would", () => {
  const step = fc.record({ key: fc.nat(40).map(String), set: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: "max" }), (steps) => {
      const map = new ShardedMap<number>()
      const model = new Map<string, number>()
      for (const [index, { key, set }] of steps.entries()) {
        if (set) {
          map.set(key, index)
          model.set(key, index)
        } else {
          expect(map.delete(key)).toBe(model.delete(key))
        }
        expect(map.size).toBe(model.size)
        expect(map.get(key)).toBe(model.get(key))
        expect(map.has(key)).toBe(model.has(key))
      }
      expect([...map.values()]).toEqual([...model.values()])
    }),
  )
})

test("a map that has grown large still holds everything", () => {
  const map = new ShardedMap<number>()
  for (let index = 0; index < 120_000; index++) map.set(`arn:aws:ecs:us-east-1:111122223333:task/shop/${index}`, index)
  for (let index = 0; index < 120_000; index += 2) map.delete(`arn:aws:ecs:us-east-1:111122223333:task/shop/${index}`)
  expect(map.size).toBe(60_000)
  expect(map.get("arn:aws:ecs:us-east-1:111122223333:task/shop/77777")).toBe(77_777)
  expect(map.has("arn:aws:ecs:us-east-1:111122223333:task/shop/77778")).toBe(false)
  expect([...map.values()].reduce((sum, value) => sum + value, 0)).toBe(60_000 * 60_000)
})
