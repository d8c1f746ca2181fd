import type { Mutant } from "./mutant.ts"

export const unheardCountsAsTold: Mutant = {
  name: "unheard-counts-as-told",
  file: "src/node/agent/link/submissions.ts",
  search: 'if (outcome === "later") {',
  replace: 'if (outcome === "later" && next.status !== "RUNNING") {',
  breaks: "A report that got lost is not told again.",
}
