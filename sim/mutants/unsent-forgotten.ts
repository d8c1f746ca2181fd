import type { Mutant } from "./mutant.ts"

export const unsentForgotten: Mutant = {
  name: "unsent-forgotten",
  file: "src/node/agent/task/clean-up.ts",
  search: 'task.sent.status === "STOPPED" ? settings.keepStoppedMs : settings.keepUnsentMs',
  replace: "settings.keepStoppedMs",
  breaks: "A task that ended while the region was away is forgotten before the region has heard.",
}
