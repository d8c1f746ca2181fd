import type { Mutant } from "./mutant.ts"

export const drainingChosen: Mutant = {
  name: "draining-chosen",
  file: "src/services/ecs/placement/requirement.ts",
  search: 'if (face.status !== "ACTIVE") return false',
  replace: 'if (face.status === "INACTIVE") return false',
  breaks: "Tasks are placed on instances that drain.",
}
