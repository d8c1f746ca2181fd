import type { Mutant } from "./mutant.ts"

export const placeLeft: Mutant = {
  name: "place-left",
  file: "src/node/agent/task/release.ts",
  search: "  await tried(parts, task, signal, () => engine.removeTask(instance, task.id))\n",
  replace: "  await tried(parts, task, signal, async () => instance)\n",
  breaks: "A forgotten task's part of the machine stays behind.",
}
