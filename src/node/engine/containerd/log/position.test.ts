import fc from "fast-check"
import { expect, test } from "vitest"
import { planDrop, readPosition, writePosition } from "./position.ts"

const offsets = fc.record({ stdout: fc.nat(1e9), stderr: fc.nat(1e9) })

test("a position is a text and back", () => {
  fc.assert(
    fc.property(offsets, (at) => {
      expect(readPosition(writePosition(at))).toEqual(at)
    }),
  )
})

test("what is no position is refused", () => {
  for (const text of ["", "1", "1.2.3", "-1.2", "a.b"]) expect(() => readPosition(text)).toThrow("is no position")
})

test("what is kept fits exactly, nothing is kept again, and no more is dropped than has to be", () => {
  fc.assert(
    fc.property(offsets, offsets, fc.nat(1e9), (kept, written, bytesMax) => {
      const sizes = { stdout: kept.stdout + written.stdout, stderr: kept.stderr + written.stderr }
      const begin = planDrop(kept, sizes, bytesMax)
      const left = { stdout: sizes.stdout - begin.stdout, stderr: sizes.stderr - begin.stderr }
      expect(left.stdout + left.stderr).toBe(Math.min(bytesMax, written.stdout + written.stderr))
      for (const stream of ["stdout", "stderr"] as const) {
        expect(begin[stream]).toBeGreaterThanOrEqual(kept[stream])
        expect(left[stream]).toBeGreaterThanOrEqual(0)
      }
    }),
  )
})

test("the stream that fills the log gives way to the one that does not", () => {
  const sizes = { stdout: 1_000_000, stderr: 40 }
  expect(planDrop({ stdout: 0, stderr: 0 }, sizes, 100)).toEqual({ stdout: 999_940, stderr: 0 })
})
