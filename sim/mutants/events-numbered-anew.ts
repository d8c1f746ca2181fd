import type { Mutant } from "./mutant.ts"

export const eventsNumberedAnew: Mutant = {
  name: "events-numbered-anew",
  file: "src/services/ecs/event/write.ts",
  search: 'tx.put(eventCounters, { key: "events", latest: sequence })',
  replace: 'if (sequence % 16 !== 0) tx.put(eventCounters, { key: "events", latest: sequence })',
  breaks: "Events get numbers that other events have had.",
}
