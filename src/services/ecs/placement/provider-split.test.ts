import fc from "fast-check"
import { expect, test } from "vitest"
import { nextProvider, nextRemoval } from "./provider-split.ts"

type Strategy = Parameters<typeof nextProvider>[0]

/** What the providers have after so many tasks, from none. */
function split(strategy: Strategy, total: number): Map<string, number> {
  const counts = new Map<string, number>()
  for (let task = 0; task < total; task++) {
    const provider = nextProvider(strategy, counts)!
    counts.set(provider, (counts.get(provider) ?? 0) + 1)
  }
  return counts
}

const someStrategy = fc
  .array(fc.record({ base: fc.nat(5), weight: fc.constantFrom(0, 1, 1, 2, 3, 5) }), { minLength: 1, maxLength: 4 })
  .map((items) => items.map((item, index) => ({ ...item, capacityProvider: `p${index}` })))
  .filter((items) => items.some(({ weight }) => weight > 0))
  // One provider at most has a base.
  .map((items) => items.map((item, index) => ({ ...item, base: index === 0 ? item.base : 0 })))

test("the base comes first, the rest goes by weight", () => {
  const strategy = [
    { capacityProvider: "FARGATE", base: 2, weight: 1 },
    { capacityProvider: "FARGATE_SPOT", weight: 3 },
  ]
  expect(split(strategy, 2)).toEqual(new Map([["FARGATE", 2]]))
  expect(Object.fromEntries(split(strategy, 10))).toEqual({ FARGATE: 4, FARGATE_SPOT: 6 })
})

test("a provider without a weight gets its base and nothing else", () => {
  const strategy = [
    { capacityProvider: "one", base: 1 },
    { capacityProvider: "other", weight: 1 },
  ]
  expect(Object.fromEntries(split(strategy, 5))).toEqual({ one: 1, other: 4 })
})

test("no provider is ever further than one task from its share", () => {
  fc.assert(
    fc.property(someStrategy, fc.nat(60), (strategy, total) => {
      const counts = split(strategy, total)
      const base = Math.min(total, strategy[0]!.base)
      const weights = strategy.reduce((sum, { weight }) => sum + weight, 0)
      for (const [index, { capacityProvider, weight }] of strategy.entries()) {
        const share = ((total - base) * weight) / weights + (index === 0 ? base : 0)
        expect(Math.abs((counts.get(capacityProvider) ?? 0) - share)).toBeLessThan(strategy.length)
      }
    }),
  )
})

test("taking tasks away goes back the way they came", () => {
  fc.assert(
    fc.property(someStrategy, fc.integer({ min: 1, max: 60 }), (strategy, total) => {
      const counts = split(strategy, total)
      const provider = nextRemoval(strategy, counts)!
      counts.set(provider, counts.get(provider)! - 1)
      const left = [...counts].filter(([, count]) => count > 0)
      expect(new Map(left)).toEqual(split(strategy, total - 1))
    }),
  )
})

test("whatever there was before, tasks leave providers that the strategy does not name, and none is taken that is not there", () => {
  const someCounts = fc.dictionary(fc.constantFrom("p0", "p1", "p2", "gone"), fc.nat(6))
  fc.assert(
    fc.property(someStrategy, someCounts, (strategy, given) => {
      const counts = new Map(Object.entries(given))
      const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
      const provider = nextRemoval(strategy, counts)
      if (total === 0) expect(provider).toBeUndefined()
      else expect(counts.get(provider!)).toBeGreaterThan(0)
      const isNamed = strategy.some(({ capacityProvider }) => capacityProvider === provider)
      const unnamed = [...counts].some(
        ([name, count]) => count > 0 && !strategy.some(({ capacityProvider }) => capacityProvider === name),
      )
      if (unnamed) expect(isNamed).toBe(false)
    }),
  )
})

test("a strategy without any weight has no place for a task beyond its base", () => {
  expect(nextProvider([{ capacityProvider: "one", base: 1, weight: 0 }], new Map([["one", 1]]))).toBeUndefined()
})
