import type { Random } from "../../src/world/world.ts"

export function oneOf<T>(random: Random, choices: readonly T[]): T {
  return choices[random.below(choices.length)]!
}

/** Undefined when there is none to choose. */
export function anyOf<T>(random: Random, choices: readonly T[]): T | undefined {
  return choices.length === 0 ? undefined : oneOf(random, choices)
}

export function between(random: Random, least: number, most: number): number {
  return least + random.below(most - least + 1)
}
