import fc from "fast-check"
import { expect, test } from "vitest"
import { CURRENT, labelsByVersion, labelsOf, moveStage, PREVIOUS, removeStage, type Stages } from "./stage.ts"

test("whatever is moved and removed, a label is on one version, and the last current one is the previous", () => {
  const move = fc.record({
    label: fc.constantFrom(CURRENT, "AWSPENDING", "mine"),
    to: fc.option(fc.constantFrom("v1", "v2", "v3"), { nil: undefined }),
  })
  fc.assert(
    fc.property(fc.array(move, { maxLength: 30 }), (moves) => {
      let stages: Stages = {}
      for (const { label, to } of moves) {
        const before = stages[CURRENT]
        if (to !== undefined) stages = moveStage(stages, label, to)
        else if (label !== CURRENT) stages = removeStage(stages, label)
        if (stages[CURRENT] !== before && before !== undefined) expect(stages[PREVIOUS]).toBe(before)
        if (to !== undefined) expect(labelsOf(stages, to)).toContain(label)
      }
      const labels = Object.values(labelsByVersion(stages)).flat()
      expect(new Set(labels).size).toBe(labels.length)
      expect(labels.sort()).toEqual(Object.keys(stages).sort())
    }),
  )
})
