import type { Mutant } from "./mutant.ts"

export const portsShared: Mutant = {
  name: "ports-shared",
  file: "src/services/ecs/placement/instance-capacity.ts",
  search: "return !ports.some((port) => this.#isTaken(port))",
  replace: "return true",
  breaks: "Two tasks get the same port of one machine.",
}
