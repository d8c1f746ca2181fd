import type { Mutant } from "./mutant.ts"

export const orderIgnored: Mutant = {
  name: "order-ignored",
  file: "src/node/agent/task/dependencies.ts",
  search: 'return knownStatus === "STOPPED" && startedAt !== undefined && exitCode === 0',
  replace: "return startedAt !== undefined",
  breaks: "A container starts before the one that it depends on.",
}
