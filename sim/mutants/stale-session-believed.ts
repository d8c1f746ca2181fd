import type { Mutant } from "./mutant.ts"

export const staleSessionBelieved: Mutant = {
  name: "stale-session-believed",
  file: "src/services/ecs/link/link.ts",
  search: "if (this.#sessions.get(instanceArn) !== session) return\n    this.#sessions.delete(instanceArn)",
  replace: "this.#sessions.delete(instanceArn)",
  breaks: "The end of a connection that was replaced long ago counts as the agent's leaving.",
}
