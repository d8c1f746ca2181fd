import type { Mutant } from "./mutant.ts"

export const containerMovesBack: Mutant = {
  name: "container-moves-back",
  file: "src/services/ecs/lifecycle/report.ts",
  search: "CONTAINER_ORDER.indexOf(status) > CONTAINER_ORDER.indexOf(container.lastStatus)",
  replace: "CONTAINER_ORDER.indexOf(status) !== CONTAINER_ORDER.indexOf(container.lastStatus)",
  breaks: "A report that was overtaken takes a container back to what it was.",
}
