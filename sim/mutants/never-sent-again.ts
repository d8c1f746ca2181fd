import type { Mutant } from "./mutant.ts"

export const neverSentAgain: Mutant = {
  name: "never-sent-again",
  file: "src/services/ecs/link/flights.ts",
  search: "if (retryAt <= now) yield taskArn",
  replace: "if (retryAt < 0) yield taskArn",
  breaks: "A message that is lost is not sent again, and its task never starts or never stops.",
}
