import type { Mutant } from "./mutant.ts"

export const protectionIgnored: Mutant = {
  name: "protection-ignored",
  file: "src/services/ecs/deployment/member.ts",
  search: "isProtected: isProtected(task, judgement.now)",
  replace: "isProtected: false",
  breaks: "Scaling in and deployments stop tasks that are protected.",
}
