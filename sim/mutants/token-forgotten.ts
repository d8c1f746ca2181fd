import type { Mutant } from "./mutant.ts"

export const tokenForgotten: Mutant = {
  name: "token-forgotten",
  file: "src/services/ecs/task/token.ts",
  search: "if (remembered === undefined) return undefined",
  replace: "if (remembered === undefined || call.now > remembered.createdAt + 500) return undefined",
  breaks: "A RunTask that is repeated with its token a moment later starts its tasks again.",
}
