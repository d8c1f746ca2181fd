import type { Mutant } from "./mutant.ts"

export const startedTwice: Mutant = {
  name: "started-twice",
  file: "src/node/agent/task/compare.ts",
  search: 'if (state?.status !== "running" && !isEnded) return remade',
  replace: 'if (state?.status !== "running") return remade',
  breaks: "A container that started and ended while the agent was away is started once more.",
}
