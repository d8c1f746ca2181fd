import type { Spread } from "./measure.ts"

export type Unit = "/s" | "ms" | "MB" | "MB/s" | "B"

/** One line of the result. */
export interface Figure {
  readonly name: string
  readonly unit: Unit
  readonly ours: Spread

  /** What a user would have instead, or what the machine gives at most, measured in the same turns. */
  readonly theirs?: { readonly name: string; readonly spread: Spread }

  /** Ours over theirs, pair by pair. */
  readonly ratio?: Spread

  /** What the project has set itself, for the ratio where there is one. */
  readonly target?: Target
}

/** Times and memory are to stay below, rates and their ratios above. */
export type Target =
  | { readonly of: "ratio" | "ours"; readonly atLeast: number }
  | { readonly of: "ratio" | "ours"; readonly atMost: number }

/** Undefined where nothing was aimed at. */
export function isMet({ ours, ratio, target }: Figure): boolean | undefined {
  if (target === undefined) return undefined
  const { median } = target.of === "ratio" ? ratio! : ours
  return "atLeast" in target ? median >= target.atLeast : median <= target.atMost
}

/** All figures as lines of one table, its columns as wide as they need to be. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const { name, unit, ours, theirs, ratio, target } = figure
    const met = isMet(figure)
    return [
      name,
      shown(ours.median, unit),
      theirs === undefined ? "" : `${shown(theirs.spread.median, unit)} ${theirs.name}`,
      ratio === undefined ? "" : round(ratio.median),
      spread(ratio ?? ours),
      target === undefined ? "" : shownTarget(target, unit),
      met === undefined ? "" : met ? "yes" : "NO",
    ]
  })
  const all = [HEAD, ...rows]
  const widths = HEAD.map((_, column) => Math.max(...all.map((row) => row[column]!.length)))
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n")
}

const HEAD = ["figure", "ours", "other", "ratio", "spread", "target", "met"]

function shown(value: number, unit: Unit): string {
  return unit === "/s" ? `${round(value)}/s` : `${round(value)} ${unit}`
}

function spread({ low, high }: Spread): string {
  return low === high ? "" : `${round(low)} to ${round(high)}`
}

function shownTarget(target: Target, unit: Unit): string {
  const [sign, value] = "atLeast" in target ? (["≥", target.atLeast] as const) : (["≤", target.atMost] as const)
  return target.of === "ratio" ? `${sign} ${value}` : `${sign} ${shown(value, unit)}`
}

/** Three digits tell all that a measurement can. */
function round(value: number): string {
  if (value >= 1_000) return Math.round(Number(value.toPrecision(3))).toLocaleString("en-US")
  return String(Number(value.toPrecision(3)))
}
