import type { Mutant } from "./mutant.ts"

export const stopUnverified: Mutant = {
  name: "stop-unverified",
  file: "src/node/agent/link/acs.ts",
  search: 'if (desiredStatus === "STOPPED") tasks.stop(taskArn)',
  replace: 'if (desiredStatus === "RUNNING") tasks.stop(taskArn)',
  breaks: "What the region has forgotten runs on for ever.",
}
