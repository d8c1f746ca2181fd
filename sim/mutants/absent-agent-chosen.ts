import type { Mutant } from "./mutant.ts"

export const absentAgentChosen: Mutant = {
  name: "absent-agent-chosen",
  file: "src/services/ecs/placement/requirement.ts",
  search: "holds: ({ face }) => face.agentConnected }",
  replace: "holds: () => true }",
  breaks: "Tasks are placed on machines whose agent is away.",
}
