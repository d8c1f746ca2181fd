import type { Mutant } from "./mutant.ts"

export const stoppedStillCounted: Mutant = {
  name: "stopped-still-counted",
  file: "src/services/ecs/placement/capacity.ts",
  search: 'if (task.lastStatus === "STOPPED") return\n',
  replace: 'if (task.lastStatus === "STOPPED" && task.startedAt !== undefined) return\n',
  breaks: "A task that never started goes on counting in its cluster once it is STOPPED.",
}
