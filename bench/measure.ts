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

type Side = () => Promise<number>

/**
 * Measures all sides in turn, again and again: A B A B …. What slows the machine down for a while then slows down all
 * of them alike, and a ratio of neighbours stays what it is. A first round is thrown away.
 */
export async function inTurns<Name extends string>(
  title: string,
  sides: Readonly<Record<Name, Side>>,
  rounds = ROUNDS,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(sides) as Name[]
  const measured = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      progress(`${title}: ${name}, ${round === 0 ? "warming up" : `round ${round} of ${rounds}`}`)
      const value = await sides[name]()
      if (round > 0) measured[name].push(value)
    }
  }
  clearProgress()
  return measured
}

const ROUNDS = 11
