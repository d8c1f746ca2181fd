import type { Mutant } from "./mutant.ts"

export const orphansKept: Mutant = {
  name: "orphans-kept",
  file: "src/services/ecs/lifecycle/controller.ts",
  search: "for (const task of own) endTask(turn, task, LOST)",
  replace: 'for (const task of own) if (task.lastStatus === "PENDING") endTask(turn, task, LOST)',
  breaks: "Tasks of a machine that is gone stay RUNNING for ever.",
}
