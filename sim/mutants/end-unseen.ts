import type { Mutant } from "./mutant.ts"

export const endUnseen: Mutant = {
  name: "end-unseen",
  file: "src/node/agent/task/compare.ts",
  search: "if (hasProcess(container)) return exited(task, name, exitOf(state, now))",
  replace: "if (hasProcess(container)) return task",
  breaks: "A container that ended while the agent was away counts as running for ever.",
}
