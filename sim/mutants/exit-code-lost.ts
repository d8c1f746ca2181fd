import type { Mutant } from "./mutant.ts"

export const exitCodeLost: Mutant = {
  name: "exit-code-lost",
  file: "src/node/agent/link/submission.ts",
  search: "    ...(hasEnded && exitCode !== undefined && { exitCode }),\n",
  replace: "",
  breaks: "A container's exit code is not told.",
}
