import type { Mutant } from "./mutant.ts"

export const versionStays: Mutant = {
  name: "version-stays",
  file: "src/services/ecs/lifecycle/write.ts",
  search: "const isTold = before === undefined || isNews(before, after)",
  replace: "const isTold = before === undefined || before.lastStatus !== after.lastStatus",
  breaks: "A task that is to stop keeps its version, and no event tells of it.",
}
