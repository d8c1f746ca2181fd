import { clearProgress, progress } from "./progress.ts"

/** A figure as it was measured several times. */
export interface Spread {
  readonly median: number
  readonly low: number
  readonly high: number
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2
  return { median, low: sorted[0]!, high: sorted.at(-1)! }
}

/** Each value of ours over the other side's value that was measured right after it. */
export function ratioOf(ours: readonly number[], theirs: readonly number[]): Spread {
  return spreadOf(ours.map((value, round) => value / theirs[round]!))
}

type Sides = Readonly<Record<string, () => Promise<unknown>>>
type Measured<S extends Sides> = { readonly [Name in keyof S]: Awaited<ReturnType<S[Name]>>[] }

/**
 * Measures all sides in turn, again and again: A B A B …. What slows the machine down for a while then slows down all
 * of them alike, and a ratio of neighbours stays what it is. A first round is thrown away.
 */
export async function inTurns<S extends Sides>(title: string, sides: S, rounds = ROUNDS): Promise<Measured<S>> {
  const measured = Object.fromEntries(Object.keys(sides).map((name) => [name, [] as unknown[]]))
  for (let round = 0; round <= rounds; round++) {
    for (const [name, measure] of Object.entries(sides)) {
      progress(`${title}: ${name}, ${round === 0 ? "warming up" : `round ${round} of ${rounds}`}`)
      const result = await measure()
      if (round > 0) measured[name]!.push(result)
    }
  }
  clearProgress()
  return measured as Measured<S>
}

const ROUNDS = 11

/** Of a figure that was measured a single time. */
export function once(value: number): Spread {
  return { median: value, low: value, high: value }
}
