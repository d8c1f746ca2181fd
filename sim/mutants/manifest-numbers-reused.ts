import type { Mutant } from "./mutant.ts"

export const manifestNumbersReused: Mutant = {
  name: "manifest-numbers-reused",
  file: "src/services/ecs/link/session.ts",
  search: "instance, { ...instance, manifestNumber })",
  replace: "instance, { ...instance })",
  breaks: "After a reconnect manifests begin with numbers that the agent takes for old news.",
}
