import type { Mutant } from "./mutant.ts"

export const roomNeverFreed: Mutant = {
  name: "room-never-freed",
  file: "src/node/agent/task/task-engine.ts",
  search: "        this.#accounts.free(arn)\n",
  replace: "",
  breaks: "Tasks that have ended keep their part of the machine from others.",
}
