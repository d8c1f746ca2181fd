import type { Mutant } from "./mutant.ts"

export const lostForEver: Mutant = {
  name: "lost-for-ever",
  file: "src/services/ecs/container-instance/write.ts",
  search: "...(agentConnected ? present : before),",
  replace: "...present, ...before,",
  breaks: "A machine of the pool that was lost once and is back has its tasks taken away again and again.",
}
