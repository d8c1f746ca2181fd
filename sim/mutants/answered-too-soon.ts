import type { Mutant } from "./mutant.ts"

export const answeredTooSoon: Mutant = {
  name: "answered-too-soon",
  file: "src/aws/front-door.ts",
  search: "if (!store.isDurable(passage.version)) await this.#untilDurable(passage)\n    return store.mayAnswer()",
  replace: "return store.mayAnswer()",
  breaks: "Callers are told of changes that a crash then takes back.",
}
