import type { Mutant } from "./mutant.ts"

export const orphansKept: Mutant = {
  name: "orphans-kept",
  file: "src/services/ecs/lifecycle/controller.ts",
  search: "for (const task of own) endTask(turn, task, cause)",
  replace: 'for (const task of own) if (task.lastStatus === "PENDING") endTask(turn, task, cause)',
  breaks: "Tasks of a machine that is gone stay RUNNING for ever.",
}
