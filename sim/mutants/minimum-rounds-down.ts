import type { Mutant } from "./mutant.ts"

export const minimumRoundsDown: Mutant = {
  name: "minimum-rounds-down",
  file: "src/services/ecs/deployment/bounds.ts",
  search: "healthyMin: Math.ceil((desiredCount * minimumHealthyPercent) / 100)",
  replace: "healthyMin: Math.ceil((desiredCount * minimumHealthyPercent) / 100) - 1",
  breaks: "A deployment stops one healthy task more than minimumHealthyPercent has to spare.",
}
