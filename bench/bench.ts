import type { Figure } from "./figure.ts"

export interface BenchOptions {
  /** How long each side is loaded in each of its turns. */
  readonly seconds: number

  /** Says a sentence that belongs to the result, such as what could not be compared. */
  readonly say: (sentence: string) => void
}

export type Bench = (options: BenchOptions) => Promise<readonly Figure[]>
