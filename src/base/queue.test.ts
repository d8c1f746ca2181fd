import fc from "fast-check"
import { expect, test } from "vitest"
import { Queue } from "./queue.ts"

test("what goes in first comes out first", () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(), { nil: undefined }), { maxLength: 1000 }), (steps) => {
      const queue = new Queue<number>()
      const model: number[] = []
      for (const step of steps) {
        if (step === undefined) expect(queue.shift()).toBe(model.shift())
        else {
          queue.push(step)
          model.push(step)
        }
        expect(queue.length).toBe(model.length)
      }
    }),
  )
})
