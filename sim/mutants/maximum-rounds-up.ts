import type { Mutant } from "./mutant.ts"

export const maximumRoundsUp: Mutant = {
  name: "maximum-rounds-up",
  file: "src/services/ecs/deployment/bounds.ts",
  search: "countMax: Math.floor((desiredCount * maximumPercent) / 100)",
  replace: "countMax: Math.floor((desiredCount * maximumPercent) / 100) + 1",
  breaks: "A deployment starts one task more than maximumPercent has room for.",
}
