import { expect, test } from "vitest"
import { shrink } from "./shrink.ts"
import { type SimulationOptions, simulate } from "./simulation.ts"

const full = process.env.HOMEPORT_FULL === "1"

/** What someone needs who is to find out what went wrong. */
async function account(options: SimulationOptions): Promise<string> {
  const result = await simulate(options)
  if (result.breach === undefined) return ""
  const shrunk = await shrink(options, result)
  const { invariant, what } = result.breach
  return `seed ${options.seed}: ${invariant}: ${what}\n${JSON.stringify(shrunk.options)}\n${shrunk.result.transcript.tail(60)}`
}

/** Everyday days are shorter than nightly ones: many seeds find more than long ones do. */
const SAMPLE = full ? { seeds: 5_000, until: 240 } : { seeds: 200, until: 160 }

/** So many that a busy machine, too, is through with them in a few minutes. */
const SEEDS_EACH = 50

const firsts = Array.from({ length: SAMPLE.seeds / SEEDS_EACH }, (_, at) => at * SEEDS_EACH + 1)

test.each(firsts)("no invariant breaks, whatever happens, and everything settles: seeds from %i on", async (first) => {
  for (let seed = first; seed < first + SEEDS_EACH; seed++) {
    expect(await account({ seed, until: SAMPLE.until })).toBe("")
  }
})

test("many machines and a long day are no different", async () => {
  for (let seed = 1; seed <= (full ? 200 : 3); seed++) {
    expect(await account({ seed: 100_000 + seed, nodes: 12, until: 900 })).toBe("")
  }
})

test("the same seed gives the same trace, and another one another", async () => {
  const hashes = new Set<string>()
  for (const seed of [7, 8, 9]) {
    const first = await simulate({ seed })
    const second = await simulate({ seed })
    expect(second.hash).toBe(first.hash)
    expect(second.transcript.lines).toEqual(first.transcript.lines)
    hashes.add(first.hash)
  }
  expect(hashes.size).toBe(3)
})
