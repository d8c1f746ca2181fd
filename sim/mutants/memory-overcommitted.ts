import type { Mutant } from "./mutant.ts"

export const memoryOvercommitted: Mutant = {
  name: "memory-overcommitted",
  file: "src/services/ecs/placement/requirement.ts",
  search: 'amount("RESOURCE:MEMORY", memory, (instance) => instance.memoryFree)',
  replace: 'amount("RESOURCE:MEMORY", 0, (instance) => instance.memoryFree)',
  breaks: "Machines get more tasks than their memory holds.",
}
