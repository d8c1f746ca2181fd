import type { Mutant } from "./mutant.ts"

export const neverLost: Mutant = {
  name: "never-lost",
  file: "src/services/ecs/link/link.ts",
  search: "this.#giveUp(this.#away, now, lost)",
  replace: "this.#giveUp(this.#away, now - 60 * 60_000, lost)",
  breaks: "Tasks on FARGATE whose machine is gone for good stay RUNNING.",
}
