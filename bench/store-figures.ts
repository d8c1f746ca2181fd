import type { Figure, Target } from "./figure.ts"
import { ratioOf, spreadOf } from "./measure.ts"
import type { StoreRates } from "./store-contender.ts"

/** What a number of callers got from our store, beside what the same number got elsewhere. */
export function storeFigure(
  journal: "SQLite" | "PostgreSQL",
  callers: number,
  ours: readonly StoreRates[],
  theirs: { readonly name: string; readonly rates: readonly number[] },
  target?: Target,
): Figure {
  const rates = ours.map(({ rate }) => rate)
  return {
    name: `transactions, ${journal}, ${callers === 1 ? "1 caller" : `${callers} callers`}`,
    unit: "/s",
    ours: spreadOf(rates),
    theirs: { name: theirs.name, spread: spreadOf(theirs.rates) },
    ratio: ratioOf(rates, theirs.rates),
    ...(target && { target }),
  }
}

/** The same when folding is paid for at once. Over weeks a busy journal has to keep this up. */
export function foldedFigure({ name, unit }: Figure, ours: readonly StoreRates[]): Figure {
  return { name: `${name}, all folded`, unit, ours: spreadOf(ours.map(({ foldedRate }) => foldedRate)) }
}
