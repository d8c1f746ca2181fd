import type { Mutant } from "./mutant.ts"

export const runAgain: Mutant = {
  name: "run-again",
  file: "src/node/agent/task/task-engine.ts",
  search: "const task = isKnown ? undefined : newTask",
  replace: 'const task = isKnown && payload.desiredStatus === "STOPPED" ? undefined : newTask',
  breaks: "A task whose payload comes twice runs twice.",
}
