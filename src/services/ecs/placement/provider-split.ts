import type { CapacityProviderStrategyItem } from "@aws-sdk/client-ecs"

/** How many tasks each provider has now. */
export type ProviderCounts = ReadonlyMap<string, number>

/**
 * The provider of the next task: the one with a base until that is full, then the one that has the least above its base
 * for its weight, and of equals the one named first. Undefined when no weight allows another.
 */
export function nextProvider(
  strategy: readonly CapacityProviderStrategyItem[],
  counts: ProviderCounts,
): string | undefined {
  const shares = sharesOf(strategy, counts)
  const belowBase = shares.find(({ count, base }) => count < base)
  if (belowBase !== undefined) return belowBase.provider
  let next: Share | undefined
  for (const share of shares) {
    if (share.weight === 0) continue
    if (next === undefined || compareFill(share.above, share, next.above, next) < 0) next = share
  }
  return next?.provider
}

/**
 * The provider to take a task from: first one that the strategy does not name, then one that has more than its base and
 * no weight, then the one that `nextProvider` would have used last, and bases at the very end.
 */
export function nextRemoval(
  strategy: readonly CapacityProviderStrategyItem[],
  counts: ProviderCounts,
): string | undefined {
  for (const [provider, count] of counts) {
    if (count > 0 && !strategy.some(({ capacityProvider }) => capacityProvider === provider)) return provider
  }
  const shares = sharesOf(strategy, counts)
  const unweighted = shares.find(({ above, weight }) => above > 0 && weight === 0)
  if (unweighted !== undefined) return unweighted.provider
  let last: Share | undefined
  for (const share of shares) {
    if (share.above === 0) continue
    if (last === undefined || compareFill(share.above - 1, share, last.above - 1, last) >= 0) last = share
  }
  return (last ?? shares.findLast(({ count }) => count > 0))?.provider
}

interface Share {
  readonly provider: string
  readonly base: number
  readonly weight: number
  readonly count: number

  /** How many of its tasks the weights have put there. */
  readonly above: number
}

function sharesOf(strategy: readonly CapacityProviderStrategyItem[], counts: ProviderCounts): Share[] {
  return strategy.map(({ capacityProvider, base = 0, weight = 0 }) => {
    const provider = capacityProvider!
    const count = counts.get(provider) ?? 0
    return { provider, base, weight, count, above: Math.max(0, count - base) }
  })
}

/** Compares `a / weight of A` with `b / weight of B` without rounding. */
function compareFill(a: number, { weight: weightOfA }: Share, b: number, { weight: weightOfB }: Share): number {
  return a * weightOfB - b * weightOfA
}
