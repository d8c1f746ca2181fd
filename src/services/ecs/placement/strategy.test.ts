import type { PlacementStrategy } from "@aws-sdk/client-ecs"
import { expect, test } from "vitest"
import { measuresOf, strategyProblem } from "./strategy.ts"

test("fields are read whatever their case, and behind a random choice nothing counts", () => {
  const strategy: PlacementStrategy[] = [
    { type: "spread", field: "Attribute:Rack" },
    { type: "spread", field: "instanceID" },
    { type: "binpack", field: "MEMORY" },
    { type: "random" },
    { type: "binpack", field: "cpu" },
  ]
  expect(measuresOf(strategy, false)).toEqual([
    { kind: "attribute", name: "Rack" },
    { kind: "tasks" },
    { kind: "memory" },
  ])
})

test.each<[PlacementStrategy[], string | undefined]>([
  [[{ type: "binpack", field: "disk" }], "binpack field 'disk' is invalid."],
  [[{ type: "spread", field: "zone" }], "spread field 'zone' is invalid."],
  [[{ type: "random", field: "cpu" }], "random field should not be specified."],
  [Array(6).fill({ type: "random" }), "Maximum number of strategies is 5."],
  [[{ type: "spread", field: "host" }, { type: "random" }], undefined],
])("%j is answered with %s", (strategy, problem) => {
  expect(strategyProblem(strategy)).toBe(problem)
})
