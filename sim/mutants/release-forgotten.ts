import type { Mutant } from "./mutant.ts"

export const releaseForgotten: Mutant = {
  name: "release-forgotten",
  file: "src/services/ecs/lifecycle/write.ts",
  search: 'if (task.lastStatus === "STOPPED") pool.delete(poolTasks, taskArn)',
  replace: 'if (task.lastStatus === "STOPPED") return',
  breaks: "The pool never gets back what a FARGATE task took of it.",
}
