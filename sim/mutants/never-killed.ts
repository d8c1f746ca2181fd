import type { Mutant } from "./mutant.ts"

export const neverKilled: Mutant = {
  name: "never-killed",
  file: "src/node/agent/task/halt.ts",
  search: 'engine.signal(id, "SIGKILL", true)',
  replace: 'engine.signal(id, "SIGTERM", true)',
  breaks: "A container that does not care to stop is never made to.",
}
