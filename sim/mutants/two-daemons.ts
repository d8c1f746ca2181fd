import type { Mutant } from "./mutant.ts"

export const twoDaemons: Mutant = {
  name: "two-daemons",
  file: "src/services/ecs/deployment/daemon.ts",
  search: "instanceArns.filter((arn) => !byInstance.has(arn))",
  replace: "instanceArns.filter((arn) => !byInstance.get(arn)?.some(({ isTarget }) => isTarget))",
  breaks: "A daemon's new task comes to a machine before the old one has gone.",
}
